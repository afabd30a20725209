/** Bugs in how a review ends, in answers that change, in settings that differ, and in a crowd. */
import type { PlantedBug } from '../bug.ts';

const COPIES = 'src/engine/second-copies.test.ts';
const REVIEW = 'src/engine/review.test.ts';
const SETTINGS = 'src/engine/other-settings.test.ts';
const CROWD = 'src/engine/crowd.test.ts';
const CHARGE = 'src/engine/charge.test.ts';
const OUTCOMES = 'src/domain/outcomes.test.ts';
const FLAG = 'test/http/retry-flag.test.ts';

export const EDGES_TRUTH: readonly PlantedBug[] = [
  {
    name: 'what was taken back stays taken back',
    story:
      'The bank returns the refund, the first charge is paid again, and the next key charges the order once more.',
    file: 'src/domain/transition/decision.ts',
    find: "export const REVERSED: Settled = { problem: 'gateway_failed', byAbsence: true };",
    put: "export const REVERSED: Settled = { problem: 'gateway_failed', byAbsence: false };",
    judge: 'engine suite',
    tests: { file: 'src/engine/review.test.ts', named: 'its refund may have failed since' },
  },
  {
    name: 'a charge that was taken back is no answer',
    story:
      'The merchant refunds the surplus charge as the alarm says, but the order stays blocked, and the customer can never pay.',
    file: 'src/domain/outcomes.ts',
    find: "    ['refunded', 'reversed'],\n    ['voided', 'reversed'],\n    ['canceled', 'reversed'],\n",
    put: '',
    judge: 'gateway suite',
    tests: { file: OUTCOMES, named: 'is not live, whatever its terms were' },
  },
  {
    name: 'one charge that was taken back hides another that is pending',
    story:
      'One of two charges is refunded, the order is declared failed, and the other charge takes the money.',
    file: 'src/domain/outcomes.ts',
    find: "effects.find((effect) => fateOf(effect) === 'pending');",
    put: "effects.find((effect) => fateOf(effect) === 'pending' && !effects.some((other) => fateOf(other) === 'reversed'));",
    judge: 'gateway suite',
    tests: { file: OUTCOMES, named: 'does not hide one that is live' },
  },
  {
    name: 'a review stays with the other charges for ever',
    story: 'The late charge was refunded, but the order stays in review for ever.',
    file: 'src/domain/transition/verified.ts',
    find: "  const next = { ...operation, step: 'lookup' } as const;\n",
    put: "  const next = { ...operation, step: 'verify' } as const;\n",
    judge: 'engine suite',
    tests: { file: REVIEW, named: 'ends the review' },
  },
  {
    name: 'a charge that a person must check counts as not made without a new proof',
    story:
      'A single lookup does not show the late charge, the order is declared failed, and the customer pays twice.',
    file: 'src/domain/transition/verified.ts',
    find: "  const doubt = worse(operation.doubt, { kind: 'open', untilMs: nowMs }, context);\n  const cleared",
    put: '  const doubt = nowMs < 0 ? worse(operation.doubt, { kind: "open", untilMs: nowMs }, context) : operation.doubt;\n  const cleared',
    judge: 'engine suite',
    tests: { file: REVIEW, named: 'when nothing can hide it any more' },
  },
  {
    name: 'in a review evidence of money counts as dealt with',
    story:
      'The gateway approved a charge that its lookup does not show, and a day later the order is charged again.',
    file: 'src/domain/transition/verified.ts',
    find: "failureCode: 'outcome_unknown', gatewayRef: own.gatewayRef }",
    put: "failureCode: 'outcome_unknown', gatewayRef: null }",
    judge: 'engine suite',
    tests: { file: REVIEW, named: 'is not dismissed' },
  },
  {
    name: 'in a review the later charges are not looked up',
    story:
      'One charge is refunded, another one that a restore has forgotten is live, and a new key charges the order again.',
    file: 'src/engine/verify.ts',
    find: "const isAsked = operation.status === 'REVIEW' &&",
    put: 'const isAsked = operation.n < 0 &&',
    judge: 'engine suite',
    tests: { file: REVIEW, named: 'while a later charge is live' },
  },
  {
    name: 'a charge that was taken back is sent again where keys are not kept',
    story: 'The merchant refunds an order, and Payonce charges it again by itself.',
    file: 'src/domain/transition/lookup-ended.ts',
    find: '      return onReversed(operation, outcome.refs, askedAtMs, context);\n',
    put: '      return onAbsent({ ...operation, gatewayRef: null }, askedAtMs, context);\n',
    judge: 'engine suite',
    tests: { file: REVIEW, named: 'is not sent again by itself' },
  },
  {
    name: 'an order that is paid after all keeps its failure for everybody',
    story: 'The order is paid, but every new key gets the answer that it is safe to charge it again.',
    file: 'src/engine/charging/answers.ts',
    find: '  if (answer === null || (answer.problem === null) !== isMade(operation.status)) return null;\n',
    put: "  if (answer === null || operation.status === 'REVIEW') return null;\n",
    judge: 'engine suite',
    tests: { file: REVIEW, named: 'completes the order' },
  },
  {
    name: 'a key that comes too late for an answer is bound to the erased one',
    story:
      'The first use of a key gets the answer that the order is paid, and its repetition gets the answer that the result has expired.',
    file: 'src/engine/charging/existing.ts',
    find: 'await bind(charging, request, record, AS_IT_STANDS)',
    put: 'await bind(charging, request, record, record.operation.n)',
    judge: 'engine suite',
    tests: { file: CHARGE, named: 'gets the payment as it is, every time' },
  },
  {
    name: 'a process without lookups sends a charge to a person',
    story: 'One misconfigured process sends every pending payment of the other processes to a person.',
    file: 'src/engine/recover.ts',
    find: 'return canLook ? {} : { lookupsOverdueMs: policies.charge.resolveForMs };',
    put: 'return canLook ? {} : { lookupsOverdueMs: policies.charge.resolveForMs * 0 };',
    judge: 'engine suite',
    tests: { file: 'src/engine/recover.test.ts', named: 'leaves lookups to processes that have them' },
  },
  {
    name: 'a process without lookups takes up a payment that others look up',
    story: 'Evidence comes in about a pending payment, and the payment goes to a person because of it.',
    file: 'src/engine/driving/worker.ts',
    find: 'wish === null &&\n      isForOthers(',
    put: 'wish !== null &&\n      isForOthers(',
    judge: 'engine suite',
    tests: { file: SETTINGS, named: 'still checks evidence' },
  },
  {
    name: 'payments in review are not looked up when a process with lookups starts',
    story:
      'A setting was wrong for an hour, and the payments that went to review in that hour are not looked up.',
    file: 'src/engine/wake-idle.ts',
    find: "    left.push({ status: 'REVIEW', beforeMs: null });\n",
    put: '',
    judge: 'engine suite',
    tests: { file: SETTINGS, named: 'is looked up when a process with lookups starts' },
  },
  {
    name: 'a payment without calls left goes to a person although none was executed',
    story: 'The gateway was busy and the limit of calls was lowered, so the customer waits for days.',
    file: 'src/domain/transition/claim.ts',
    find: "    return operation.doubt.kind === 'none'\n      ? notExecuted(",
    put: "    return operation.doubt.kind === 'none' && operation.attempts < 0\n      ? notExecuted(",
    judge: 'engine suite',
    tests: { file: SETTINGS, named: 'fails without a lookup' },
  },
  {
    name: 'each of a crowd goes to the database for itself',
    story: 'A page is reloaded a thousand times, and half of the customers get an error.',
    file: 'src/engine/starting.ts',
    find: '      byOrder.set(names.orderId, start);\n',
    put: '',
    judge: 'engine suite',
    tests: { file: CROWD, named: 'send one acceptance' },
  },
  {
    name: 'requests that wait for another’s start try a database that failed for it',
    story: 'The database is down, and a thousand requests try it one after the other.',
    file: 'src/engine/starting.ts',
    find: '      if (thrown instanceof StoreError) reject(thrown);\n      else resolve();\n',
    put: '      if (thrown instanceof TypeError) reject(new StoreError("unavailable", ""));\n      else resolve();\n',
    judge: 'engine suite',
    tests: { file: CROWD, named: 'fails every request that waits for it' },
  },
  {
    name: 'keys are bound one by one',
    story: 'A thousand customers join one order, and the last of them waits for half a minute.',
    file: 'src/postgres/keys.ts',
    find: '    keysOf: ({ payment, key }) => [`',
    put: '    keysOf: ({ payment, key }) => [payment.accountId, `',
    judge: 'store suite',
    tests: { file: 'test/postgres/batches.test.ts', named: 'binds its keys in few statements' },
  },
  {
    name: 'a problem that a new key would meet again calls it safe',
    story: 'The server cannot look up whether money has moved, but answers that it is safe to pay again.',
    file: 'src/engine/answer.ts',
    find: 'const safe = MAY_RETRY.has(code) && isSafeToRetry(payment);',
    put: 'const safe = isSafeToRetry(payment);',
    judge: 'HTTP suite',
    tests: { file: FLAG, named: 'of the problem other_gateway agree' },
  },
  {
    name: 'a failure invites to try again while evidence waits',
    story:
      'For thirty days, the text says that another card may be tried, while the flag says that it is not safe.',
    file: 'src/engine/answer.ts',
    find: 'const next = isSafeToRetry(payment) ? NEXT[failure] : IN_DOUBT;',
    put: 'const next = NEXT[failure] ?? IN_DOUBT;',
    judge: 'HTTP suite',
    tests: { file: FLAG, named: 'of the failure card_declined agree' },
  },
  {
    name: 'an error that declines is final though another copy may land',
    story:
      'A front sends a refund twice: one copy is too large, the other one lands, and the refund has failed.',
    file: 'src/domain/transition/call-ended.ts',
    find: 'const answersAll = ref !== undefined && isDeclineFinal(contract);',
    put: 'const answersAll = ref === undefined || isDeclineFinal(contract);',
    judge: 'engine suite',
    tests: { file: COPIES, named: 'says nothing of the other copy of a refund' },
  },
  {
    name: 'a forgotten decline is final though another copy may land',
    story:
      'A front sends a charge twice: one copy is declined, the next charge is sent, and both others land.',
    file: 'src/domain/transition/call-ended.ts',
    find: 'const answersAll = ref !== undefined && isDeclineFinal(contract);',
    put: 'const answersAll = ref !== undefined;',
    judge: 'engine suite',
    tests: { file: COPIES, named: 'says nothing of the other copy of a charge' },
  },
];
