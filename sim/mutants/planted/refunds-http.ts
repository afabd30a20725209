// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in refunds at the edges: what is read from a request or a program, and what an answer says. */
import type { PlantedBug } from '../bug.ts';

const HTTP = 'src/http';
const LIBRARY = 'src/library';
const FIELDS = 'src/domain/refund-fields.ts';
const ANSWER = 'src/engine/refunding/answer.ts';
const BODY_TEST = `${HTTP}/refund-body.test.ts`;
const REFUNDS_TEST = 'test/http/refunds.test.ts';
const READS_TEST = 'test/http/refund-reads.test.ts';

export const REFUNDS_OVER_HTTP: readonly PlantedBug[] = [
  {
    name: 'a refund without a name is taken',
    story: 'A client gets no answer, sends its refund again, and the customer gets the money twice.',
    file: `${HTTP}/refund-v1.ts`,
    find: 'if (parsed.refund.refundId === null && options.key === undefined)',
    put: 'if (parsed.refund.refundId === null && options.key === null)',
    judge: 'HTTP suite',
    tests: { file: REFUNDS_TEST, named: 'has neither a refund_id nor a key' },
  },
  {
    name: 'an amount of null refunds all that is left',
    story: 'A client loses the amount of one item on the way, and the whole order is refunded.',
    file: FIELDS,
    find: '  if (!fields.has(name)) return null;',
    put: '  if ((fields.get(name) ?? null) === null) return null;',
    judge: 'HTTP suite',
    tests: { file: BODY_TEST, named: 'is not' },
  },
  {
    name: 'a card number is stored as the reason of a refund',
    story: 'A clerk writes the customer’s card number into the reason, and it is stored for years.',
    file: FIELDS,
    find: "detail: 'must not be empty' } : metadataValueComplaint(reason);",
    put: "detail: 'must not be empty' } : null;",
    judge: 'HTTP suite',
    tests: { file: BODY_TEST, named: 'with a card number as reason' },
  },
  {
    name: 'a refund that no address can name is taken',
    story: 'A client follows the address of its refund “..”, and reads the payment’s COMPLETED for a refund.',
    file: FIELDS,
    find: "if (refundId !== '.' && refundId !== '..')",
    put: "if (refundId !== '/' && refundId !== './')",
    judge: 'HTTP suite',
    tests: { file: BODY_TEST, named: 'is not' },
  },
  {
    name: 'the id of a refund stands in its address as it is',
    story:
      'A client follows the address of a refund with a slash in its id, and gets a 404 for money that went back.',
    file: `${HTTP}/refund-v1.ts`,
    find: '/refunds/${encodeURIComponent(refundId)}`',
    put: '/refunds/${refundId}`',
    judge: 'HTTP suite',
    tests: { file: REFUNDS_TEST, named: 'has an address that leads to it' },
  },
  {
    name: 'a refund of unknown outcome is answered with 200',
    story: 'A shop tells a customer that the money is on its way, and the gateway never got the refund.',
    file: `${HTTP}/follow-up-answer.ts`,
    find: 'sendJson(reply, 202, JSON.stringify({ ...view.fields(shown)',
    put: 'sendJson(reply, 200, JSON.stringify({ ...view.fields(shown)',
    judge: 'HTTP suite',
    tests: { file: REFUNDS_TEST, named: 'is a 202' },
  },
  {
    name: 'the keys of refunds have the scope of charges',
    story:
      'A client uses one key for an order and for its refund, and one of the two is refused although nothing was done twice.',
    file: `${HTTP}/refund-v1.ts`,
    find: "const KEY_ROUTE = 'POST /v1/payments/{payment_id}/refunds';",
    put: "const KEY_ROUTE = 'POST /v1/payments';",
    judge: 'HTTP suite',
    tests: { file: REFUNDS_TEST, named: 'under the template of the route' },
  },
  {
    name: 'a refund’s state stands where the HTTP status should',
    story: 'A client reads “FAILED” where it expects a number, and takes the refund for made.',
    file: ANSWER,
    find: '    refund_status: refundStatus,\n',
    put: '    ...{ status: refundStatus },\n',
    judge: 'HTTP suite',
    tests: { file: REFUNDS_TEST, named: 'carries the refund that it is about' },
  },
  {
    name: 'a failed refund whose money is in doubt may be made again',
    story: 'The first refund turns out to have been made, and the customer gets the money twice.',
    file: ANSWER,
    find: "return status === 'FAILED' && !inDoubt && ",
    put: "return status === 'FAILED' && inDoubt !== null && ",
    judge: 'engine suite',
    tests: { file: 'src/engine/refunding/answer.test.ts', named: 'only after a failure' },
  },
  {
    name: 'money on its way back counts as refunded',
    story: 'A shop tells a customer that the money is there, and the bank declines the refund.',
    file: `${HTTP}/payment-now.ts`,
    find: 'amount_refunded: refundedMinor,',
    put: 'amount_refunded: refundedMinor + refundingMinor,',
    judge: 'HTTP suite',
    tests: { file: READS_TEST, named: 'is shown with a payment that is read' },
  },
  {
    name: 'a missing refund is called a missing payment',
    story: 'A client concludes that the order was never charged, and charges it elsewhere.',
    file: 'src/http/follow-up-reads-v1.ts',
    find: 'sendProblem(reply, payment === null ? NO_SUCH_PAYMENT',
    put: 'sendProblem(reply, payment !== undefined ? NO_SUCH_PAYMENT',
    judge: 'HTTP suite',
    tests: { file: READS_TEST, named: 'whether the payment or the refund is missing' },
  },
  {
    name: 'every page of refunds is the first one',
    story: 'A merchant’s books show the newest twenty refunds again and again, and never the others.',
    file: 'src/http/follow-up-reads-v1.ts',
    find: 'const filter = { limit, ...(before === undefined ? {} : { before }) };',
    put: 'const filter = { limit, ...(before === undefined ? {} : {}) };',
    judge: 'HTTP suite',
    tests: { file: READS_TEST, named: 'goes on where the page before ended' },
  },
  {
    name: 'what has ended is refunded',
    story: 'A shop tells customers that they have got money back that the gateway declined to refund.',
    file: `${LIBRARY}/refund-result.ts`,
    find: "if (frozen.problem === null && body.status === 'SUCCEEDED')",
    put: 'if (frozen.problem !== undefined)',
    judge: 'engine suite',
    tests: { file: `${LIBRARY}/refund-result.test.ts`, named: 'is declined after' },
  },
  {
    name: 'a refund that may have been stored is reported as refused',
    story:
      'A COMMIT loses its connection, the program then refunds in another way, and the customer gets the money twice.',
    file: `${LIBRARY}/outcome.ts`,
    find: "if (code === 'store_outcome_unknown')",
    put: "if (code === 'store_outcome_unknown' && retryAfterMs === null)",
    judge: 'engine suite',
    tests: { file: `${LIBRARY}/refund-result.test.ts`, named: 'pending, not refused' },
  },
  {
    name: 'a program’s refund without a name is taken',
    story: 'A program crashes, refunds again after its start, and the customer gets the money twice.',
    file: `${LIBRARY}/read-refund.ts`,
    find: 'if (wanted.refund.refundId === null && call.key === null)',
    put: 'if (wanted.refund.refundId === undefined && call.key === null)',
    judge: 'engine suite',
    tests: { file: `${LIBRARY}/read-refund.test.ts`, named: 'is not taken without a name' },
  },
  {
    name: 'refunds are read in the default account',
    story: 'A platform does not find the refund of its customer, and makes it again under another name.',
    file: `${LIBRARY}/index.ts`,
    find: 'engine.findRefund(readAccount(options),',
    put: 'engine.findRefund(readAccount(undefined),',
    judge: 'engine suite',
    tests: { file: `${LIBRARY}/front-door.test.ts`, named: 'in the account that is named' },
  },
];
