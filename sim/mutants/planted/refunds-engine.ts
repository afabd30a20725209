// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the patches are pieces of programs.
/** Bugs in the work on refunds: when one is opened, sent, taken as done, and looked at again. */
import type { PlantedBug } from '../bug.ts';

const REFUNDING = 'src/engine/refunding';
const WATCHED = 'src/domain/transition/watched.ts';

export const REFUNDS_IN_THE_ENGINE: readonly PlantedBug[] = [
  {
    name: 'refunds of one length of name share a key',
    story: 'The second refund of an order gets the answer to the first one, and its money never goes back.',
    file: 'src/domain/ids.ts',
    find: '`id:${identity.name}`',
    put: '`id:${identity.name.length}`',
    judge: 'simulation',
  },
  {
    name: 'after a restore a refund is sent without a look',
    story:
      'A merchant repeats a refund that the database has forgotten, and the money goes back again, because its key is pruned.',
    file: 'src/domain/transition/limits.ts',
    find: 'export function mayBeForgotten({ openedAtMs }: Operation, { policy, nowMs }: Context): boolean {\n  const { restoredAtMs } = policy;\n  if (restoredAtMs === null) return false;',
    put: "export function mayBeForgotten({ openedAtMs, kind }: Operation, { policy, nowMs }: Context): boolean {\n  const { restoredAtMs } = policy;\n  if (restoredAtMs === null || kind === 'refund') return false;",
    judge: 'simulation',
  },
  {
    name: 'a review gives the reserved money free',
    story: 'While a person looks for a refund, the same money is refunded a second time.',
    file: 'src/domain/sums.ts',
    find: "return status !== 'COMPLETED' && status !== 'FAILED';",
    put: "return status === 'PROCESSING' || status === 'UNRESOLVED';",
    judge: 'simulation',
  },
  {
    name: 'a refund that ended stays reserved',
    story: 'The money of a failed refund can never be refunded again.',
    file: 'src/domain/sums.ts',
    find: 'amountMinor * (Number(isReserved(after)) - Number(isReserved(before)))',
    put: 'amountMinor * Number(isReserved(after) && !isReserved(before))',
    judge: 'simulation',
  },
  {
    name: 'a payment that has failed is refunded',
    story: 'Money is asked back that was never taken.',
    file: 'src/domain/refund-acceptance.ts',
    find: "if (status !== 'COMPLETED') return { kind: 'refused', why: 'not_refundable' };",
    put: "if (status === 'PROCESSING') return { kind: 'refused', why: 'not_refundable' };",
    judge: 'simulation',
  },
  {
    name: 'a refund that pends is done',
    story: 'The customer is told that the money is on its way, and the bank refuses it a day later.',
    file: 'src/domain/refund-outcomes.ts',
    find: "    ['pending', 'pending'],\n    ['failed', 'declined'],\n",
    put: "    ['pending', 'live'],\n    ['failed', 'declined'],\n",
    judge: 'simulation',
  },
  {
    name: 'a refund that fails after its success stays a success',
    story: 'The bank has sent the money back, nobody is told, and the customer never gets it.',
    file: WATCHED,
    find: '  return { ...failed(operation, code, declined(operation)), alarm: failedLate };\n',
    put: '  return confirmed(operation, { ...context, nowMs: context.nowMs + code.length });\n',
    judge: 'simulation',
  },
  {
    name: 'a refund that was made after all still counts as failed',
    story: 'The money went back, and the merchant refunds the order once more.',
    file: WATCHED,
    find: '  return { ...completed(operation, { ref }, context), alarm: followUpWords(operation.kind).landedLate };\n',
    put: '  return confirmed({ ...operation, gatewayRef: ref }, context);\n',
    judge: 'simulation',
  },
  {
    name: 'the next refund does not look at released ones',
    story: 'A refund that counted as failed had been made, and the same money goes back twice.',
    file: 'src/engine/follow-ups/open.ts',
    find: 'traits.nameAfter === undefined ? sums.absences > 0 : before > 0;',
    put: 'traits.nameAfter === undefined ? sums.absences > 99 : before > 0;',
    judge: 'simulation',
  },
  {
    name: 'a refund is accepted before the gateway has it',
    story: 'The client is told that the gateway works on the refund, and the gateway has never heard of it.',
    file: 'src/engine/follow-ups/request.ts',
    find: "return operation.gatewayRef !== null && !isSettled(operation.status) && operation.status !== 'REVIEW';",
    put: "return !isSettled(operation.status) && operation.status !== 'REVIEW';",
    judge: 'simulation',
  },
  {
    name: 'a first success is repeated although the refund has failed since',
    story: 'A merchant asks again, is told that the money went back, and the customer waits for ever.',
    file: 'src/engine/follow-ups/waiting.ts',
    find: 'return problem === null ? hasFailed : !hasFailed;',
    put: 'return problem !== null && !hasFailed;',
    judge: 'simulation',
  },
  {
    name: 'the sweep does not find refunds',
    story: 'A server dies during a refund, and the money stays reserved for ever.',
    file: 'src/engine/recover.ts',
    find: 'const more = [payments, ...kinds].map(takeUp);',
    put: 'const more = [payments].map(takeUp);',
    judge: 'simulation',
  },
  {
    name: 'our own refunds count as made by somebody else',
    story:
      'What Payonce has refunded is counted twice, and the rest of the order cannot be refunded any more.',
    file: `${REFUNDING}/elsewhere.ts`,
    find: '(refundingMinor + refundedMinor - notThereMinor);',
    put: '(refundingMinor - notThereMinor);',
    judge: 'simulation',
  },
  {
    name: 'a key that names another refund tells about that one while the database is down',
    story: 'A client repeats a key by mistake, and is told that a refund of another payment is its own.',
    file: 'src/engine/follow-ups/answering.ts',
    find: 'if (!isAnothers) request.seen = followUp ?? request.seen;',
    put: 'request.seen = isAnothers ? followUp : (followUp ?? request.seen);',
    judge: 'engine suite',
    tests: { file: 'src/engine/refunding/refund.test.ts', named: 'is told nothing of that one' },
  },
];
