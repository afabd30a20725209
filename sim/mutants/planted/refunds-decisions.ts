/** Bugs in what the engine decides about refunds, and in how requests for them are answered. */
import type { PlantedBug } from '../bug.ts';

const REFUND = 'src/engine/refunding/refund.test.ts';
const LATE = 'src/engine/refunding/late.test.ts';
const WATCHED = 'src/domain/transition/watched.test.ts';

export const REFUND_DECISIONS: readonly PlantedBug[] = [
  {
    name: 'a refund’s name at the gateway is a number',
    story:
      'A restored database counts again from an old number, so a new refund gets the answer of an old one.',
    file: 'src/engine/refunding/open.ts',
    find: 'const gatewayKey = refundKey(referenceOf(engine, payment.order), identity);',
    put: 'const gatewayKey = refundKey(referenceOf(engine, payment.order), { refundId: String(options.absences) });',
    judge: 'engine suite',
    tests: { file: REFUND, named: 'never more than what is left' },
  },
  {
    name: 'the money of a refund in review is free again',
    story:
      'Nobody knows whether a refund was made, the merchant refunds again, and the customer gets the money twice.',
    file: 'src/domain/sums.ts',
    find: "return status !== 'COMPLETED' && status !== 'FAILED';",
    put: "return status === 'PROCESSING' || status === 'UNRESOLVED';",
    judge: 'engine suite',
    tests: { file: REFUND, named: 'keeps its money reserved' },
  },
  {
    name: 'a payment that failed can be refunded',
    story: 'The merchant gives back money that was never taken.',
    file: 'src/domain/refund-acceptance.ts',
    find: "if (payment.status !== 'COMPLETED') return { kind: 'not_refundable' };",
    put: '',
    judge: 'engine suite',
    tests: { file: REFUND, named: 'needs a COMPLETED payment' },
  },
  {
    name: 'a refund that only waits for the bank counts as made',
    story: 'The merchant tells the customer that the money is on its way, and then the bank refuses it.',
    file: 'src/domain/transition/call-ended.ts',
    find: "case 'pending': {\n      const next",
    put: "case 'pending': {\n      if (operation.kind === 'refund') return completed(operation, outcome.ref, context);\n      const next",
    judge: 'engine suite',
    tests: { file: REFUND, named: 'accepts it as pending' },
  },
  {
    name: 'a success that fails later is not noticed',
    story: 'The bank sends the money back, and the merchant goes on believing that the customer has it.',
    file: 'src/domain/transition/decision.ts',
    find: 'if (!policy.contract.lookup || mayFailForMs === 0 || ageMs >= mayFailForMs) return null;',
    put: 'if (policy.contract.lookup || mayFailForMs === 0 || ageMs >= mayFailForMs) return null;',
    judge: 'engine suite',
    tests: { file: LATE, named: 'fails days later' },
  },
  {
    name: 'a charge is watched if the clock was set back',
    story: 'A charge that is paid stays due for an hour, and is looked up again for nothing.',
    file: 'src/domain/transition/decision.ts',
    find: 'mayFailForMs === 0 || ageMs >= mayFailForMs) return null;',
    put: 'ageMs >= mayFailForMs) return null;',
    judge: 'engine suite',
    tests: { file: WATCHED, named: 'is final, also if the clock was set back' },
  },
  {
    name: 'a late failure raises no alarm',
    story: 'The customer does not get the money, and no person learns of it.',
    file: 'src/domain/transition/watched.ts',
    find: 'return { ...failed(operation, code, declined(operation)), alarm: followUpWords(operation.kind).failedLate };',
    put: 'return failed(operation, code, declined(operation));',
    judge: 'engine suite',
    tests: { file: LATE, named: 'fails days later' },
  },
  {
    name: 'a refund that was made after all is left as failed',
    story:
      'The customer gets the money, and the books say that nothing was given back; the next refund gives it back again.',
    file: 'src/domain/transition/watched.ts',
    find: "  if (operation.status === 'COMPLETED') return confirmed(operation, context);\n  return { ...completed(",
    put: "  if (operation.status !== 'PROCESSING') return confirmed(operation, context);\n  return { ...completed(",
    judge: 'engine suite',
    tests: { file: LATE, named: 'was made after all is written down' },
  },
  {
    name: 'a refund that counts as failed is not looked up before the next one',
    story:
      'The first refund was only late, the second one is sent too, and the customer gets the money twice.',
    file: 'src/engine/refunding/open.ts',
    find: 'const verifyFirst = sums.absences > 0 && policy.contract.lookup;',
    put: 'const verifyFirst = sums.absences < 0 && policy.contract.lookup;',
    judge: 'engine suite',
    tests: { file: LATE, named: 'if it was made, the next one ends without a call' },
  },
  {
    name: 'a refund is sent although an earlier one was made after all',
    story: 'More is given back than was taken.',
    file: 'src/engine/refunding/released.ts',
    find: "return { kind: leftMinor >= held.record.order.amountMinor ? 'clear' : 'exceeded' };",
    put: "return { kind: leftMinor >= -held.record.order.amountMinor ? 'clear' : 'exceeded' };",
    judge: 'engine suite',
    tests: { file: LATE, named: 'if it was made, the next one ends without a call' },
  },
  {
    name: 'a report of money that a lookup does not show is thrown away',
    story:
      'A worker heard that the refund was made, the lookup was too early, and the money is refunded again.',
    file: 'src/domain/transition/watched.ts',
    find: '  if (news !== null && news.moneyAtMs !== null)\n',
    put: '  if (news !== null && news.moneyAtMs === null)\n',
    judge: 'engine suite',
    tests: { file: WATCHED, named: 'reported and is not found' },
  },
  {
    name: 'evidence about a refund counts as seen although its lookup got no answer',
    story:
      'Late proof of a refund is marked as read while the gateway was silent, and the money is refunded again.',
    file: 'src/domain/transition/watched.ts',
    find: "decision: outcome.kind === 'forbidden' ? withForbidden(decision) : decision, checked: false",
    put: "decision: outcome.kind === 'forbidden' ? withForbidden(decision) : decision, checked: true",
    judge: 'engine suite',
    tests: { file: WATCHED, named: 'keeps its evidence until' },
  },
  {
    name: 'what may still land counts as absent',
    story: 'A worker sent a refund after its lease. It lands a minute after it was declared failed.',
    file: 'src/domain/transition/watched.ts',
    find: "    if (proof.kind === 'from') {",
    put: "    if (proof.kind === 'never') {",
    judge: 'engine suite',
    tests: { file: WATCHED, named: 'can no longer land' },
  },
  {
    name: 'an answer that is no longer true is given again',
    story:
      'The merchant asks again, and is told that the customer has the money which the bank has sent back.',
    file: 'src/engine/refunding/waiting.ts',
    find: 'return problem === null ? hasFailed : !hasFailed;',
    put: 'return problem !== null && !hasFailed;',
    judge: 'engine suite',
    tests: { file: LATE, named: 'fails days later' },
  },
  {
    name: 'the same name with another amount joins',
    story: 'The merchant asks for 2.00, and is told that it was refunded, but 1.00 was.',
    file: 'src/domain/refund-acceptance.ts',
    find: "return refund.askedMinor === asked.amountMinor ? known(refund) : { kind: 'conflict' };",
    put: 'return known(refund);',
    judge: 'engine suite',
    tests: { file: REFUND, named: 'keeps its terms' },
  },
  {
    name: 'money that somebody else gave back is counted with ours',
    story:
      'Each declined refund makes the payment look more refunded than it is, and the rest cannot be refunded.',
    file: 'src/engine/refunding/elsewhere.ts',
    find: 'return Math.max(0, outcome.amountMinor - ours);',
    put: 'return Math.max(0, outcome.amountMinor + ours);',
    judge: 'engine suite',
    tests: { file: REFUND, named: 'made it somewhere else' },
  },
  {
    name: 'a refund of ours that landed late counts as made by somebody else',
    story: 'It is counted twice as soon as it is found, and the rest of the payment cannot be refunded.',
    file: 'src/engine/refunding/elsewhere.ts',
    find: 'before.absences > 0) return null;',
    put: 'before.absences < 0) return null;',
    judge: 'engine suite',
    tests: { file: LATE, named: 'never taken for a refund that somebody else made' },
  },
  {
    name: 'a refund is started twice after a lost confirmation',
    story: 'Two workers of one process send the same refund.',
    file: 'src/engine/refunding/refund.ts',
    find: 'own.claimId === followUp.claimId',
    put: 'own.claimId !== followUp.claimId',
    judge: 'engine suite',
    tests: { file: REFUND, named: 'confirmation was lost' },
  },
  {
    name: 'a refund’s key at the gateway is drawn',
    story:
      'A restored database has forgotten a refund, the merchant asks again, and the gateway takes it for another one.',
    file: 'src/engine/refunding/at-gateway.ts',
    find: 'key: gatewayKey,',
    put: 'key: followUp.id,',
    judge: 'engine suite',
    tests: { file: REFUND, named: 'loses its answer' },
  },
];
