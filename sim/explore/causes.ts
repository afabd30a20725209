/** Every event needs its cause: what its worker did, and which outcome it got. The counted calls and the doubt must match it. */
import type { EventType } from '../../src/domain/events.ts';
import type { LookupOutcome } from '../../src/domain/outcomes.ts';
import type { CallEnd, ReleasedOutcome, VerifyOutcome } from '../../src/domain/transition/index.ts';
import { AFTER_CALL, AFTER_LOOKUP, AFTER_WATCHING, UNASKED } from '../judge/events-after.ts';
import { asCharge } from './effects.ts';
import type { Row, Stage, State, Step, World } from './model.ts';

const AFTER_VERIFYING: Readonly<Record<(VerifyOutcome | ReleasedOutcome)['kind'], readonly EventType[]>> = {
  clear: ['verify.clear'],
  found: ['payment.review', 'verify.duplicate_found', 'verify.unavailable'],
  unavailable: ['verify.unavailable', 'payment.review'],
  // It fails, or it may have been sent already, and is looked up. The last one stands for a failure that would be over unseen evidence.
  exceeded: ['payment.failed', 'verify.clear', 'lookup.not_found_yet'],
  made: ['payment.failed', 'verify.clear', 'lookup.not_found_yet'],
};

/** The last two stand for a failure that would be over unseen evidence. */
const OF_OPERATORS: readonly EventType[] = [
  'operator.settled',
  'operator.refuted',
  'lookup.not_found_yet',
  'call.declined_in_doubt',
];

const TAKES: readonly EventType[] = ['call.started', 'lookup.started', 'verify.started'];

/** Whether the event matches what has happened to its worker. */
export function hasCause(before: State, { who, decision, next }: Step, world: World): boolean {
  if (decision === undefined || (who !== 0 && who !== 1)) return true;
  const type = asCharge(world.kind, decision.event.type);
  const { stage } = before.workers[who];
  const may = mayWrite(stage, before.row, world);
  if (may !== null) return may.includes(type);
  return stage.at !== 'idle' || TAKES.includes(type) === next.row.held;
}

function afterWatching(
  was: 'COMPLETED' | 'FAILED',
  outcome: LookupOutcome,
  { contract }: World['policy'],
): readonly EventType[] {
  if (!contract.lookup) return UNASKED[was];
  // A failure that would be over unseen evidence is written as one of the last two.
  return [...AFTER_WATCHING[was][outcome.kind], 'lookup.not_found_yet', 'call.declined_in_doubt'];
}

/** Whether late evidence names another one than the one that counts: the gateway has made two. */
function namesAnother({ operation, evidence, named: [named] }: Row): boolean {
  return operation.status === 'COMPLETED' && evidence > 0 && named !== null && named !== operation.gatewayRef;
}

/** Null: any event. */
function mayWrite(stage: Stage, row: Row, { policy }: World): readonly EventType[] | null {
  switch (stage.at) {
    case 'claimed':
    case 'prepared':
      return ['call.not_sent'];
    case 'heard':
      return AFTER_CALL[stage.outcome.kind === 'unprepared' ? 'declined' : stage.outcome.kind];
    case 'answered':
      return AFTER_LOOKUP[stage.outcome.kind];
    case 'verified':
      return AFTER_VERIFYING[stage.outcome.kind];
    case 'looked':
      return [
        ...AFTER_VERIFYING[stage.checked.kind],
        ...(stage.own === null ? [] : AFTER_LOOKUP[stage.own.kind]),
        ...OF_OPERATORS,
      ];
    case 'watched':
      return [
        ...afterWatching(
          row.operation.status === 'COMPLETED' ? 'COMPLETED' : 'FAILED',
          stage.outcome,
          policy,
        ),
        ...(namesAnother(row) ? (['verify.duplicate_found'] as const) : []),
      ];
    default:
      return null;
  }
}

/** Whether exactly the calls that may have been sent are counted. */
export function isCounted(before: State, { who, decision, next }: Step): boolean {
  if (decision === undefined || (who !== 0 && who !== 1)) return true;
  const { stage } = before.workers[who];
  const { attempts } = before.row.operation;
  const counted = next.row.operation.attempts;
  switch (stage.at) {
    case 'idle':
      return counted === attempts + (decision.event.type === 'call.started' ? 1 : 0);
    case 'claimed':
    case 'prepared':
      return counted === Math.max(attempts - 1, 0);
    case 'heard':
      return counted === (stage.outcome.kind === 'forbidden' ? Math.max(attempts - 1, 0) : attempts);
    case 'answered':
    case 'verified':
    case 'looked':
    case 'watched':
      return counted === attempts;
    default:
      return true;
  }
}

const RANK = { none: 0, answered: 1, open: 2 } as const;
/** These events rest on an answer of the gateway, or on a person's word. */
const ENDS_DOUBT: ReadonlySet<string> = new Set<EventType>([
  'lookup.absent',
  'payment.completed',
  'payment.failed',
  'payment.review',
  'operator.settled',
  'operator.refuted',
]);

/** Whether a charge that may have been made stays in doubt until the gateway has answered what happened. */
export function isDoubted(before: State, { who, decision, next }: Step, world: World): boolean {
  if (decision === undefined || (who !== 0 && who !== 1)) return true;
  const type = asCharge(world.kind, decision.event.type);
  if (type === 'payment.completed' || type === 'payment.failed') return true;
  const rank = RANK[next.row.operation.doubt.kind];
  const { stage } = before.workers[who];
  if (stage.at === 'idle' && isOverrun(before.row)) return rank === RANK.open;
  if (stage.at === 'heard' && rank < rankOf(stage.outcome)) return false;
  // In two steps, an error that is kept under the key is the end of every call so far.
  const { steps, cachesErrors } = world.policy.contract;
  const heard = stage.at === 'heard' || stage.at === 'writing' ? stage.outcome : null;
  const isKept = heard?.kind === 'unknown' && heard.answered;
  if (steps === 'two' && cachesErrors && isKept) return rank >= RANK.answered;
  return ENDS_DOUBT.has(type) || rank >= RANK[before.row.operation.doubt.kind];
}

/** Its last holder may have sent the call until its lease ended. */
function isOverrun({ held, operation }: Row): boolean {
  return held && operation.step === 'call';
}

function rankOf(outcome: CallEnd): number {
  if (outcome.kind === 'busy' || outcome.kind === 'pending') return RANK.open;
  if (outcome.kind !== 'unknown') return RANK.none;
  return outcome.answered ? RANK.answered : RANK.open;
}
