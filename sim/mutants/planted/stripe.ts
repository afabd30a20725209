// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in the emulated Stripe: a test bench that is kinder than Stripe proves nothing. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/fake-gateway/stripe';
const INTENTS = `${FOLDER}/intents.test.ts`;
const KEYS = `${FOLDER}/keys.test.ts`;
const FAULTS = `${FOLDER}/faults.test.ts`;
const EVENTS = `${FOLDER}/events.test.ts`;
const REFUNDS = `${FOLDER}/refunds.test.ts`;

export const STRIPE: readonly PlantedBug[] = [
  {
    name: 'a payment that succeeded can be confirmed again',
    story: 'Code that confirms twice under two keys charges twice in the test, where Stripe would refuse.',
    file: `${FOLDER}/confirm.ts`,
    find: "  'requires_confirmation',\n  'requires_action',\n];",
    put: "  'requires_confirmation',\n  'requires_action',\n  'succeeded',\n];",
    judge: 'gateway suite',
    tests: { file: INTENTS, named: 'never charged twice' },
  },
  {
    name: 'a decline leaves the payment ready to be confirmed',
    story:
      'The merchant’s code tries the declined card again and again, and the customer is never asked for another.',
    file: `${FOLDER}/charge.ts`,
    find: '{ ...intent, method: null, lastError, attempts: intent.attempts + 1 }',
    put: '{ ...intent, lastError, attempts: intent.attempts + 1 }',
    judge: 'gateway suite',
    tests: { file: INTENTS, named: 'is declined, and can be paid' },
  },
  {
    name: 'held money is held for ever',
    story: 'Code that captures too late works in every test, and loses the money in production.',
    file: `${FOLDER}/charge.ts`,
    find: 'if (!booked.capture) await releaseLater(work, booked, holdMs);',
    put: 'if (booked.capture) await releaseLater(work, booked, holdMs);',
    judge: 'gateway suite',
    tests: { file: INTENTS, named: 'over after seven days' },
  },
  {
    name: 'a cancel does not stop a request that is still on its way',
    story:
      'The order was declared failed because its payment was canceled, and then the late confirmation charges it.',
    file: `${FOLDER}/intent.ts`,
    find: 'if (intent.canceled !== null) return',
    put: 'if (intent.canceled !== null && intent.canceled.atMs === nowMs) return',
    judge: 'gateway suite',
    tests: { file: FAULTS, named: 'was canceled before' },
  },
  {
    name: 'krónur count a hundredfold in the ledger',
    story: 'The judge compares a charge with an order of a hundredth of it, and finds faults that are none.',
    file: `${FOLDER}/money.ts`,
    find: "return currency === 'MGA' ? amount * ARIARY_PARTS : amount / (UNITS[currency] ?? 1);",
    put: "return currency === 'MGA' ? amount * ARIARY_PARTS : amount;",
    judge: 'gateway suite',
    tests: { file: INTENTS, named: 'minor units in the ledger' },
  },
  {
    name: 'a decline is not kept under its key',
    story:
      'A repeated confirmation asks the bank again, so a key that failed at Stripe for good succeeds in the test.',
    file: `${FOLDER}/perform.ts`,
    find: '  await keep(books, command, answer, nowMs);',
    put: '  if (answer.status < 400) await keep(books, command, answer, nowMs);',
    judge: 'gateway suite',
    tests: { file: KEYS, named: 'a decline is kept' },
  },
  {
    name: 'a key fits the same step of any payment',
    story:
      'Code that uses one key for two payments gets the answer of the first for both, and one is never charged.',
    file: `${FOLDER}/keys.ts`,
    find: "const object = operation === 'refund' ? null : intentId;",
    put: "const object = operation === 'refund' ? intentId : null;",
    judge: 'gateway suite',
    tests: { file: KEYS, named: 'a key belongs to one object' },
  },
  {
    name: 'keys are kept for ever',
    story: 'Code that repeats a create after a day makes a second payment at Stripe, and no test shows it.',
    file: `${FOLDER}/keys.ts`,
    find: 'record.atMs + keptMs <= nowMs',
    put: 'record.atMs + keptMs <= Math.min(nowMs, 0)',
    judge: 'gateway suite',
    tests: { file: KEYS, named: 'after 24 hours a key is new' },
  },
  {
    name: 'a key whose request is on its way is free',
    story: 'The repeated request charges, and then the first one lands and charges, too.',
    file: `${FOLDER}/keys.ts`,
    find: 'if (answer === null) throw inUse(key);',
    put: 'if (answer === null) return undefined;',
    judge: 'gateway suite',
    tests: { file: FAULTS, named: 'in progress until it lands' },
  },
  {
    name: 'a late request with wrong parameters blocks its key',
    story: 'The merchant’s code waits for a request that will never end.',
    file: `${FOLDER}/late.ts`,
    find: '    await forget(books, command, landsMs);\n',
    put: "    if (command.key === '') await forget(books, command, landsMs);\n",
    judge: 'gateway suite',
    tests: { file: FAULTS, named: 'frees its key' },
  },
  {
    name: 'the judge does not see charges that are still to land',
    story: 'A test ends while money is on its way, and says that nothing was charged.',
    file: `${FOLDER}/late.ts`,
    find: 'moves ? MOVES.charge : MOVES.refund,',
    put: 'MOVES.refund,',
    judge: 'gateway suite',
    tests: { file: FAULTS, named: 'in progress until it lands' },
  },
  {
    name: 'a refund may take what others have taken',
    story: 'Two refunds of one payment give back more than was paid.',
    file: `${FOLDER}/refund.ts`,
    find: 'const left = captured - refunded;',
    put: 'const left = captured - Math.min(refunded, 0);',
    judge: 'gateway suite',
    tests: { file: REFUNDS, named: 'no more is refunded than is left' },
  },
  {
    name: 'a hold that was captured still ends in an event',
    story: 'The merchant’s code hears that a payment was canceled, and does not send what was paid.',
    file: `${FOLDER}/events.ts`,
    find: '!hasExpired(payment, charge, atMs)) return undefined;',
    put: 'hasExpired(payment, charge, atMs)) return undefined;',
    judge: 'gateway suite',
    tests: { file: EVENTS, named: 'captured in time' },
  },
  {
    name: 'the signature does not cover its time',
    story: 'A receiver that checks signatures as Stripe’s library does refuses every event.',
    file: `${FOLDER}/sign.ts`,
    find: '.update(`${timestampSeconds}.${body}`)',
    put: '.update(body)',
    judge: 'gateway suite',
    tests: { file: EVENTS, named: 'are signed' },
  },
  {
    name: 'anybody can answer at the bank’s page',
    story: 'Whoever knows the id of a payment authenticates it for its customer.',
    file: `${FOLDER}/pages.ts`,
    find: 'secret === clientSecretOf(id) ?',
    put: "secret !== clientSecretOf('') ?",
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/authenticate.test.ts`, named: 'without the client secret' },
  },
];
