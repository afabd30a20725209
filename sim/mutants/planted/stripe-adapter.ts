// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in the adapter for Stripe: what its answers are taken for, and what it sends. */
import type { PlantedBug } from '../bug.ts';

const FOLDER = 'src/gateways/stripe';
const TABLE = `${FOLDER}/table.test.ts`;
const OWN = `${FOLDER}/stripe.test.ts`;

export const STRIPE_ADAPTER: readonly PlantedBug[] = [
  {
    name: 'a 404 on a stored intent is read as a charge that does not exist',
    story:
      'Somebody starts Payonce with the key of another account, and all charges in doubt fail and are charged again.',
    file: `${FOLDER}/lookups.ts`,
    find: "return isUnknown ? unavailable('handle_unknown') : readFailed(reading);",
    put: "return isUnknown ? { kind: 'absent' } : readFailed(reading);",
    judge: 'gateway suite',
    tests: { file: OWN, named: '404 is never absence' },
  },
  {
    name: 'a replayed wait for the customer is believed',
    story: 'The customer has passed 3-D Secure and has paid, and the page sends them there again.',
    file: `${FOLDER}/intents.ts`,
    find: "if (stale !== null && meaning !== 'paid')",
    put: "if (stale === 'cached' && meaning !== 'paid')",
    judge: 'gateway suite',
    tests: { file: TABLE, named: 'the status of an intent.*requires_action' },
  },
  {
    name: 'an intent is taken as approved for what was asked, not for what was received',
    story: 'Stripe took 9.99 of 10.00, and the order counts as paid in full.',
    file: `${FOLDER}/intents.ts`,
    find: ': { ...charge, amountMinor: receivedMinor };',
    put: ': charge;',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'counts what was taken' },
  },
  {
    name: 'a cancelled intent is a seal, whatever it has received',
    story: 'Stripe took the money and cancelled the rest, and the customer is told that nothing was charged.',
    file: `${FOLDER}/intents.ts`,
    find: "case 'sealed':\n      return intent.receivedMinor === 0",
    put: "case 'sealed':\n      return intent.receivedMinor >= 0",
    judge: 'gateway suite',
    tests: { file: OWN, named: 'has received money is no seal' },
  },
  {
    name: 'charge_already_refunded declines a refund',
    story:
      'The answer to the first request was lost, the second one hears that the money went back, and the merchant refunds by hand.',
    file: `${FOLDER}/table.ts`,
    find: "look: { prepare: 'declined', confirm: 'answered', refund: 'answered',",
    put: "look: { prepare: 'declined', confirm: 'answered', refund: 'declined',",
    judge: 'gateway suite',
    tests: { file: TABLE, named: 'charge_already_refunded' },
  },
  {
    name: 'a 500 ends a refund for good',
    story: 'Stripe finishes the refund a minute later, when it counts as failed and was made once more.',
    file: `${FOLDER}/table.ts`,
    find: "failed: { prepare: 'failed_for_good', confirm: 'answered', refund: 'unknown',",
    put: "failed: { prepare: 'failed_for_good', confirm: 'answered', refund: 'answered',",
    judge: 'gateway suite',
    tests: { file: TABLE, named: '500.*api_error' },
  },
  {
    name: 'the first page of the refunds is the whole list',
    story: 'The refund is on the second page, counts as failed, and the customer gets the money twice.',
    file: `${FOLDER}/lists.ts`,
    find: 'if (!hasMore || (last !== undefined && isLast(last, nowMs)))',
    put: 'if (hasMore || last === undefined || isLast(last, nowMs))',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'are found among those that others made' },
  },
  {
    name: 'a refund of the same amount is ours',
    story: 'Somebody refunds 40.00 in the dashboard, and ours of 40.00 counts as made.',
    file: `${FOLDER}/refunds.ts`,
    find: 'refunds.filter(({ key }) => key === request.key)',
    put: 'refunds.map((one) => ({ ...one, key: request.key, reference: request.reference }))',
    judge: 'gateway suite',
    tests: { file: OWN, named: 'by the key, never by the amount' },
  },
  {
    name: 'the amount of an ISK order is sent as it is',
    story: 'An order of 5,000 kronur is charged as 50.',
    file: `${FOLDER}/amounts.ts`,
    find: "['ISK', 100],",
    put: "['ISK', 1],",
    judge: 'gateway suite',
    tests: { file: OWN, named: 'of ISK: 500 minor units' },
  },
  {
    name: 'an intent carries a time',
    story:
      'After a crash, the same key comes with other fields. Stripe refuses it for a day, and the order waits.',
    file: `${FOLDER}/requests.ts`,
    find: '    operation,\n    key: request.key,',
    put: '    operation: `${operation} ${performance.now()}`,\n    key: request.key,',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/requests.test.ts`, named: 'prepare makes an intent' },
  },
  {
    name: 'a second request of the SDK is sent',
    story: 'A release of the SDK repeats a request by itself, after the lease has ended.',
    file: `${FOLDER}/one-request.ts`,
    find: "if (exchange !== null) throw Object.assign(new Error('sent once'), { code: 'SENT_ONCE' });",
    put: '',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/one-request.test.ts`, named: 'asks twice sends one request' },
  },
  {
    name: 'an account that could not be confirmed is believed',
    story: 'Stripe was down at the start, the key is another account’s, and customers pay to somebody else.',
    file: `${FOLDER}/index.ts`,
    find: 'return isUnchecked ? withAccountCheck(',
    put: 'return isUnchecked && options.account === undefined ? withAccountCheck(',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/account-check.test.ts`, named: 'a call with the key of another account' },
  },
  {
    name: 'the intents of another account are listed before the account is confirmed',
    story: 'The list is empty, so an order that was paid counts as failed, and its customer pays again.',
    file: `${FOLDER}/account-check.ts`,
    find: '    lookup: (request, limits) => first(limits, itself, (left) => lookup(request, left)),\n    ...(twoSteps',
    put: '    lookup,\n    ...(twoSteps',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/account-check.test.ts`, named: 'a lookup with the key of another account' },
  },
  {
    name: 'an order below the minimum is stored and sent',
    story: 'Each order of 0.10 is kept for ever as failed, for a mistake in the shop’s code.',
    file: 'src/engine/charge.ts',
    find: 'const accepted = request.refusal === null ? await tryAccept(charging, request) : null;',
    put: 'const accepted = await tryAccept(charging, request);',
    judge: 'engine suite',
    tests: { file: 'src/engine/charge-refused.test.ts', named: 'nothing is stored or sent' },
  },
  {
    name: 'a question to Stripe has the same address each time',
    story:
      'A proxy keeps GETs and adds no header. It answers with the list from before the refund, the refund counts as failed, and the customer gets the money twice.',
    file: `${FOLDER}/wire.ts`,
    find: 'return query === undefined ? path : `${place}?${spelled(query)}`;',
    put: 'return query === undefined ? path : `${place}?${spelled(query) && query}`;',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/fresh.test.ts`, named: 'is spelled in another way each time' },
  },
  {
    name: 'the clock of Stripe is learned from what a cache may have',
    story:
      'A worker starts, a cache answers the question for the clock as well, with an old date, and the list from before a refund looks new.',
    file: `${FOLDER}/wire.ts`,
    find: 'createAsk({ send: get, neverAsked: listNothing })',
    put: 'createAsk({ send: get, neverAsked: () => (stripe) => stripe.paymentIntents.list({ limit: 1 }) })',
    judge: 'gateway suite',
    tests: { file: `${FOLDER}/fresh.test.ts`, named: 'of an answer that no cache can have' },
  },
];
