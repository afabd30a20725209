/** Every event needs its cause: what its writer did, and which outcome it got, under the same claim. The counters must match it. */
import { EFFECTS, type EffectKind } from '../../src/domain/effects.ts';
import type { EventType } from '../../src/domain/events.ts';
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import type { Change, Row } from '../store/database.ts';
import type { CommitJudgeParts } from './commits.ts';
import { AFTER_AUTHORIZED, AFTER_CALL, AFTER_LOOKUP, AFTER_WATCHING, UNASKED } from './events-after.ts';
import { meantBy, noteClaim, preparedUnder } from './two-steps.ts';
import { callUnder, type Looked, lookedUp } from './wire.ts';
import { hasOpenWish } from './wishes.ts';

const AFTER_VERIFYING: readonly EventType[] = [
  'verify.clear',
  'verify.unavailable',
  'verify.duplicate_found',
  'payment.review',
];

const CLAIMS: ReadonlySet<string> = new Set<EventType>(['call.started', 'lookup.started', 'verify.started']);

export function judgeCause(parts: CommitJudgeParts, change: Change): void {
  const { before, after, event, kind } = change;
  if (kind !== 'advance' || before === null || event === null || parts.book.amnesia) return;
  if (after.claimId !== before.claimId) claimed(parts, change, event.type);
  else released(parts, change, event.type);
}

const ACTS: ReadonlySet<string> = new Set<EventType>(['call.requires_action', 'lookup.requires_action']);

type Part = 'causes' | 'attempts' | 'doubt';

function wrong(
  { violated }: CommitJudgeParts,
  { orderId, event, after }: Change,
  part: Part,
  why: string,
): void {
  violated(part, `${orderId} #${after.seq} ${event?.type}: ${why}`);
}

function claimed(parts: CommitJudgeParts, change: Change, type: string): void {
  const { before, after, event } = change;
  if (before === null || event === null) return;
  noteClaim(parts, change);
  parts.book.evidenceAtClaim.set(after.claimId, type === 'call.started' ? after.evidence : 0);
  // An operator asks before its time: see `wishes.ts`.
  const isAsked = type === 'operator.wished' || type === 'operator.asked_to_look';
  if (!isAsked && (before.dueAtMs === null || before.dueAtMs > event.atMs))
    wrong(parts, change, 'causes', 'a claim of what is not due');
  const calls = type === 'call.started' ? 1 : 0;
  if (after.operation.attempts !== before.operation.attempts + calls)
    wrong(parts, change, 'attempts', `${after.operation.attempts} calls after ${before.operation.attempts}`);
  if (after.held !== CLAIMS.has(type)) wrong(parts, change, 'causes', 'a claim without its event');
  if (after.held && CLAIMS.has(type)) {
    const step = type.slice(0, type.indexOf('.'));
    const isOpen = after.operation.status === 'PROCESSING' || after.operation.status === 'UNRESOLVED';
    if (step === 'call' && (after.operation.step !== 'call' || !isOpen))
      wrong(
        parts,
        change,
        'causes',
        `a call of what is ${after.operation.status}, step ${after.operation.step}`,
      );
  }
  // The worker that held the last claim may have sent the call until its lease ended.
  const perhapsSent = before.held && before.operation.step === 'call';
  const isOpen = after.operation.doubt.kind === 'open' || after.operation.status === 'COMPLETED';
  if (perhapsSent && !isOpen) wrong(parts, change, 'doubt', 'a lease that ran out leaves no doubt');
  else if (!perhapsSent) keepsDoubt(parts, change, type);
}

/** What only the charge shows may be what another capture or void has done. Then it is a no to this one, or it is asked again. */
function perhapsAnothers(kind: EffectKind, looked: readonly Looked[]): readonly Looked[] {
  const isExclusive = kind === 'capture' || kind === 'void';
  return isExclusive && looked.includes('succeeded') ? [...looked, 'declined', 'unavailable'] : looked;
}

function released(parts: CommitJudgeParts, change: Change, type: string): void {
  const { before, after, rowBefore } = change;
  if (before === null || rowBefore === null) return;
  if (CLAIMS.has(type)) wrong(parts, change, 'causes', 'a claim’s event without a claim');
  if (!before.held) wrong(parts, change, 'causes', 'written without a claim');
  const key = rowBefore.operations.at(-1)?.gatewayKey ?? '';
  const { wire, blindSends } = parts.book;
  if (blindSends.has(key)) return;
  const { status, unresolvedSinceMs: sinceMs } = before.operation;
  if (status === 'REVIEW' && after.operation.step === 'call')
    wrong(parts, change, 'causes', 'called from a review');
  // A refund that counted as failed and is under way after all begins anew.
  // The time of the customer begins when the gateway first names what they must act on.
  const isNamed = after.operation.gatewayRef !== before.operation.gatewayRef && ACTS.has(type);
  const beginsAnew = sinceMs !== null && after.operation.unresolvedSinceMs !== sinceMs;
  const isMade = after.operation.status === 'AUTHORIZED';
  if (status !== 'FAILED' && beginsAnew && !isNamed && !isMade)
    wrong(parts, change, 'causes', 'its resolving begins anew');
  const call = callUnder(wire, key, before.claimId) ?? preparedUnder(wire, key, before.claimId);
  const looked = perhapsAnothers(after.operation.kind, lookedUp(wire, key, before.claimId));
  const grown = after.operation.attempts - before.operation.attempts;
  // A call that the engine did not let leave does not count. A call that could not leave counts, as a refused one.
  const isCall = call !== null && (call.leftMs !== null || type !== 'call.not_sent');
  if (isCall && call.heard?.kind !== 'not_sent') {
    const heard = call.heard as CallOutcome | null;
    if (heard === null) {
      wrong(parts, change, 'causes', 'its call has not ended');
      return;
    }
    if (!(AFTER_CALL[heard.kind] as readonly string[]).includes(type))
      wrong(parts, change, 'causes', `its call ended as ${heard.kind}`);
    const uncounted = heard.kind === 'forbidden' ? -1 : 0;
    if (grown !== uncounted) wrong(parts, change, 'attempts', `${grown} calls more after ${heard.kind}`);
    judgeDoubt(parts, change, heard);
    judgeWord(parts, change, heard);
    return;
  }
  const action = actionOf(before, rowBefore);
  const uncounts = action === 'call' && before.operation.attempts > 0;
  if (uncounts ? grown !== -1 && !(grown === 0 && looked.length > 0) : grown !== 0)
    wrong(parts, change, 'attempts', `${grown} calls more, and none has left`);
  if (action === 'lookup') {
    const may = status === 'AUTHORIZED' ? AFTER_AUTHORIZED : AFTER_LOOKUP;
    if (!afterLook(may, meantBy(parts, rowBefore, looked)).includes(type))
      wrong(parts, change, 'causes', `its lookup ended as ${told(looked)}`);
  } else if (action === 'call') {
    const may: readonly string[] = [
      'call.not_sent',
      'payment.review',
      ...meantBy(parts, rowBefore, looked).flatMap((kind) => AFTER_LOOKUP[kind]),
    ];
    if (!may.includes(type)) wrong(parts, change, 'causes', 'nothing was sent');
  } else if (
    ![...afterVerifying(parts, change, looked), ...afterWish(parts, rowBefore, looked)].includes(type)
  ) {
    wrong(parts, change, 'causes', `it was to verify, and its lookup ended as ${told(looked)}`);
  }
  keepsDoubt(parts, change, type);
}

/** What may be written after a look that ended so. If none has ended, nothing was sent. */
function afterLook(
  after: Readonly<Record<Looked, readonly EventType[]>>,
  looked: readonly Looked[],
): readonly string[] {
  return looked.length === 0 ? after.not_sent : looked.flatMap((kind) => after[kind]);
}

function told(looked: readonly Looked[]): string {
  return looked.length === 0 ? 'nothing' : looked.join(' or ');
}

/** The events that may end a verification. `looked`: how its own lookup ended, where it has one. */
function afterVerifying(
  { plan }: CommitJudgeParts,
  { before }: Change,
  looked: readonly Looked[],
): readonly string[] {
  if (before === null || EFFECTS[before.operation.kind].followUp === null) return AFTER_VERIFYING;
  const { status } = before.operation;
  if (status === 'COMPLETED' || status === 'FAILED') {
    if (!plan.policy.contract.lookup) return UNASKED[status];
    const may = afterLook(AFTER_WATCHING[status], looked);
    // The database may not show the evidence that is to be compared with the answer, or the evidence names a second one.
    return before.evidence > 0 ? [...may, 'verify.unavailable', 'verify.duplicate_found'] : may;
  }
  // An earlier refund was made after all, and nothing is left for this one.
  return [...AFTER_VERIFYING, 'payment.failed'];
}

/** The events that may end a look about which an operator has said something. */
function afterWish(parts: CommitJudgeParts, row: Row, looked: readonly Looked[]): readonly string[] {
  if (!hasOpenWish(row)) return [];
  const may = [
    ...afterLook(AFTER_LOOKUP, meantBy(parts, row, looked)),
    'operator.settled',
    'operator.refuted',
  ];
  // Evidence that came in during the look is looked into before the word counts, also where the gateway cannot be asked.
  return row.payment.evidence > 0 ? [...may, 'lookup.not_found_yet'] : may;
}

/** What the claim was made for: call, lookup or verify. */
function actionOf({ operation }: Row['payment'], { events }: Row): string {
  const claimed = events.at(-1)?.type ?? '';
  return CLAIMS.has(claimed) ? claimed.slice(0, claimed.indexOf('.')) : operation.step;
}

function judgeDoubt(parts: CommitJudgeParts, change: Change, heard: CallOutcome): void {
  const { kind } = change.after.operation.doubt;
  const isOpen =
    heard.kind === 'busy' || heard.kind === 'pending' || (heard.kind === 'unknown' && !heard.answered);
  if (isOpen && kind !== 'open') wrong(parts, change, 'doubt', `its call ended as ${heard.kind}`);
  if (heard.kind === 'unknown' && kind === 'none') wrong(parts, change, 'doubt', 'its call may have charged');
  // In two steps, an error that is kept under the key is the end of every call so far.
  const { steps, cachesErrors } = parts.plan.policy.contract;
  const endsAll = steps === 'two' && cachesErrors && heard.kind === 'unknown' && kind === 'answered';
  if (!isOpen && !endsAll) keepsDoubt(parts, change, change.event?.type ?? '');
}

/** The decline code and the charge id that the gateway gave are stored. */
function judgeWord(parts: CommitJudgeParts, change: Change, heard: CallOutcome): void {
  const { operation } = change.after;
  const type = change.event?.type;
  if (heard.kind === 'declined') {
    const kept = type === 'payment.failed' ? operation.failureCode : operation.declineCode;
    if (type !== 'payment.review' && kept !== heard.code)
      wrong(parts, change, 'causes', `it forgets ${heard.code}`);
  }
  if (heard.kind === 'approved' && operation.gatewayRef !== heard.ref)
    wrong(parts, change, 'causes', `it names ${operation.gatewayRef}, not ${heard.ref}`);
}

const RANK = { none: 0, answered: 1, open: 2 } as const;
/** These events rest on an answer of the gateway, or on a person's word. */
const ENDS_DOUBT: ReadonlySet<string> = new Set<EventType>([
  'lookup.absent',
  'payment.completed',
  'payment.authorized',
  'payment.captured',
  'payment.failed',
  'payment.review',
  'operator.settled',
  'operator.refuted',
]);

/** A charge that may have been made stays in doubt until the gateway has answered what happened. */
function keepsDoubt(parts: CommitJudgeParts, change: Change, type: string): void {
  const { before, after } = change;
  if (before === null || ENDS_DOUBT.has(type)) return;
  if (RANK[after.operation.doubt.kind] < RANK[before.operation.doubt.kind])
    wrong(parts, change, 'doubt', `${before.operation.doubt.kind} became ${after.operation.doubt.kind}`);
}
