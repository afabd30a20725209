// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in the names that money goes by, in what an answer of the gateway is taken to be about, and in amounts. */
import type { PlantedBug } from '../bug.ts';

export const MONEY: readonly PlantedBug[] = [
  {
    name: 'a new key on every retry',
    story: 'The gateway cannot tell a retry from a new charge, and the customer pays twice.',
    file: 'src/engine/exchange.ts',
    find: 'key: chargeKey(reference, charge.n),',
    put: "key: chargeKey(reference, 'attempts' in charge && Number(charge.attempts) > 1 ? 1000 + Number(charge.attempts) : charge.n),",
    judge: 'simulation',
  },
  {
    name: 'an order’s name at the gateway without its account',
    story:
      'Two merchants use the same order number, and the second one’s customer is told that the first one’s payment was his.',
    file: 'src/domain/ids.ts',
    find: 'return uuidV5(uuidV5(installationId, accountId), orderId);',
    put: 'return uuidV5(uuidV5(installationId, accountId.slice(0, 0)), orderId);',
    judge: 'simulation',
  },
  {
    name: 'every charge of an order has the same key',
    story: 'A customer tries another card, and the gateway repeats the decline of the first one for ever.',
    file: 'src/domain/ids.ts',
    find: 'return uuidV5(reference, `charge:${chargeN}`);',
    put: 'return uuidV5(reference, `charge:${Math.min(chargeN, 1)}`);',
    judge: 'simulation',
  },
  {
    name: 'an answer about another key is taken for ours',
    story: 'An answer that was meant for another order marks this one as paid.',
    file: 'src/domain/outcomes.ts',
    find: '  if (charge.key !== request.key)\n',
    put: '  if (charge.key === null)\n',
    judge: 'simulation',
  },
  {
    name: 'an approval of another amount is an approval',
    story: 'The gateway charged one cent, and the order is shown as paid in full.',
    file: 'src/domain/outcomes.ts',
    find: "if (charge.amountMinor !== request.amountMinor) return 'amount';",
    put: '',
    judge: 'simulation',
  },
  {
    name: 'an approval in another currency is an approval',
    story: 'The gateway charged yen instead of dollars, and the order is shown as paid.',
    file: 'src/domain/outcomes.ts',
    find: "if (charge.currency !== request.currency) return 'currency';",
    put: '',
    judge: 'simulation',
  },
  {
    name: 'a lookup’s entry about another charge is left out',
    story:
      'A gateway that answers about something else seems to say that nothing was charged, and the order fails.',
    file: 'src/domain/outcomes.ts',
    find: "if (foreign !== undefined) return { kind: 'unavailable', reason: 'answer_about_another_charge' };",
    put: "if (foreign !== undefined) return { kind: 'absent' };",
    judge: 'simulation',
  },
  {
    name: 'a fingerprint without the amount',
    story: 'A client changes the amount under its old key, and gets the answer of the old amount.',
    file: 'src/domain/fingerprint.ts',
    find: '[order.orderId, order.amountMinor, order.currency, order.method ?? null]',
    put: '[order.orderId, order.currency, order.method ?? null]',
    judge: 'simulation',
  },
  {
    name: 'a fingerprint without the method',
    story: 'A customer tries another card under the old key, and is told the old card’s decline.',
    file: 'src/domain/fingerprint.ts',
    find: '[order.orderId, order.amountMinor, order.currency, order.method ?? null]',
    put: '[order.orderId, order.amountMinor, order.currency]',
    judge: 'simulation',
  },
  {
    name: 'keys of all routes are one',
    story: 'A key that was used on one route answers for another.',
    file: 'src/domain/ids.ts',
    find: "hash('sha256', `${route}\\n${key}`, 'hex')",
    put: "hash('sha256', `${key}`, 'hex')",
    judge: 'engine suite',
    tests: { file: 'src/domain/ids.test.ts', named: 'tell keys of different routes apart' },
  },
  {
    name: 'parts of a cent are cut off',
    story: 'An order over 10.005 dollars is charged as 10.00 without a word.',
    file: 'src/domain/money.ts',
    find: "if (zeros < 0) return refused('too_precise');",
    put: "if (zeros < 0) return { kind: 'amount', amountMinor: Math.floor(Number(significant) * 10 ** zeros) };",
    judge: 'engine suite',
    tests: { file: 'src/domain/money.test.ts', named: 'minor units from the text of a number' },
  },
];
