/** The payment's row as the store keeps it: the fenced write, unfenced evidence, and opening the next charge. */
import type { Operation } from '../../src/domain/operation.ts';
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import type { CallEnd, Decision } from '../../src/domain/transition/index.ts';
import {
  holding,
  IDLE,
  isWished,
  type Row,
  type Stage,
  type State,
  type Worker,
  type World,
  withWorker,
} from './model.ts';
import { ENDLESS_WAIT } from './time.ts';

/** Long ago: older than every limit of every scale used here. */
const LONG_AGO = -99;

/** The claim: the lease is taken by this very write, and whoever held the row before has lost it. */
export function take(
  state: State,
  who: 0 | 1,
  world: World,
  options: { readonly operation: Operation; readonly stage: Stage; readonly evidence: number },
): State {
  const { operation, stage, evidence } = options;
  const due = world.policy.leaseMs;
  const row = { ...state.row, operation: bounded(operation, world), held: true, due };
  const worker = holding(stage, operation.n, due, evidence);
  return withWorker(overtaken({ ...state, row }, who, world), who, worker);
}

/** A worker's last write under its claim; it is idle afterwards. The caller has compared the fence. */
export function release(
  state: State,
  who: 0 | 1,
  world: World,
  options: { readonly decision: Decision; readonly evidenceSeen: number },
): State {
  const { decision, evidenceSeen } = options;
  const { row } = state;
  const evidence = row.evidence - evidenceSeen;
  const { settled, waitMs } = decision;
  const next: Row = {
    operation: bounded(decision.next, world),
    held: false,
    due: ticksOf(waitMs) ?? (evidence > 0 ? 0 : null),
    evidence,
    absences: row.absences + (settled?.byAbsence === true ? 1 : 0),
    named: row.named,
    absent: settled?.byAbsence === true ? row.absent | row.operation.n : row.absent,
    failedBefore: settled === undefined ? row.failedBefore : settled.problem !== null,
    wish: wishAfter(state, who, decision),
  };
  return withWorker(overtaken({ ...state, row: next }, who, world), who, IDLE);
}

/** What is left of an operator's word after this write. */
function wishAfter({ row, workers }: State, who: 0 | 1, { event, settled }: Decision): Row['wish'] {
  if (!isWished(row)) return row.wish;
  if (event.type !== 'operator.settled')
    return event.type === 'operator.refuted' || settled !== undefined ? 'ended' : row.wish;
  const { stage } = workers[who];
  // "Not found" of everything is proof like any other, and is judged so.
  const isProved =
    row.wish === 'failed' &&
    stage.at === 'looked' &&
    stage.own?.kind === 'absent' &&
    stage.checked.kind !== 'unavailable';
  return isProved ? 'ended' : 'stands';
}

/** Whether the store refuses the decision: it fails the charge over evidence that its writer has not seen. */
export function isOverUnseen(
  { row }: State,
  world: World,
  decision: Decision,
  evidenceSeen: number,
): boolean {
  const { settled } = decision;
  const fails = settled !== undefined && settled.problem !== null;
  return world.guards.unseen && fails && row.evidence > evidenceSeen;
}

/** Evidence changes no `seq`: whoever holds the row still holds it. */
export function addEvidence(state: State, n: number, ref: string): State {
  const { row } = state;
  const due = row.held ? row.due : 0;
  const named: Row['named'] = n === 1 ? [ref, row.named[1]] : [row.named[0], ref];
  return { ...state, row: { ...row, evidence: row.evidence + 1, named, due } };
}

/** An answer that tells of money. */
export type Money = Extract<CallOutcome, { kind: 'approved' | 'mismatch' | 'pending' }>;

/** Whether an answer is kept when its worker may no longer write. */
export function isEvidence(outcome: CallEnd): outcome is Money {
  return outcome.kind === 'approved' || outcome.kind === 'mismatch' || outcome.kind === 'pending';
}

/** A later charge replaces the failed one in the row; null where the store would refuse. */
export function opened(state: State, world: World, options: { readonly calling: boolean }): Row | null {
  const { row } = state;
  if (row.operation.status !== 'FAILED' || row.evidence > 0 || row.operation.n !== 1) return null;
  const verifyFirst = row.absences > 0 && world.policy.contract.lookup;
  const operation = world.decisions.openOperation({
    kind: world.kind,
    n: 2,
    openedAtMs: 0,
    calling: options.calling,
    verifyFirst,
  });
  // Not under a claim: the gateway's limits let it start a tick later.
  return {
    ...row,
    operation,
    held: options.calling,
    due: options.calling ? world.policy.leaseMs : 1,
    failedBefore: false,
  };
}

/** After a write by `writer` (or by the customer) nobody else's `seq` is the row's. */
export function overtaken(state: State, writer: 0 | 1 | null, world: World): State {
  const [a, b] = state.workers;
  const first = writer === 0 ? a : outdated(a, world);
  const second = writer === 1 ? b : outdated(b, world);
  return { ...state, workers: [first, second] };
}

/** A worker that lost its claim: without an answer to a call in sight nothing that it does has an effect. */
function outdated(worker: Worker, world: World): Worker {
  if (!worker.current) return worker;
  const { stage } = worker;
  const lost = { ...worker, current: false, evidence: 0, leaseLeft: worker.paused ? -1 : 0 };
  switch (stage.at) {
    case 'claimed':
    case 'prepared':
    case 'waiting':
    case 'unsure':
      return lost;
    case 'writing':
      if (!world.guards.fence) return lost;
      return stage.outcome === null ? IDLE : withNews(lost, stage.outcome);
    case 'heard':
      return withNews(lost, stage.outcome);
    default:
      return IDLE;
  }
}

/** Only news of money outlives the claim, and whether it was already decided on makes no difference. */
function withNews(worker: Worker, outcome: CallEnd): Worker {
  return isEvidence(outcome) ? { ...worker, stage: { at: 'heard', outcome } } : IDLE;
}

/** Waits of hours are beyond the scale. A tick is the shortest that differs from none, and whatever may happen after hours may happen then. */
function ticksOf(waitMs: number | null): number | null {
  return waitMs !== null && waitMs >= ENDLESS_WAIT ? 1 : waitMs;
}

/** Values without a difference made equal: waits no longer grow, a settled operation's times are read by nobody, but whether it is old. */
function bounded(operation: Operation, world: World): Operation {
  const { lookupBaseMs, pendingPollMs, lookupCapMs } = world.policy;
  const enough = Math.ceil(Math.log2(lookupCapMs / Math.min(lookupBaseMs, pendingPollMs)));
  const lookups = Math.min(operation.lookups, enough);
  if (operation.status !== 'FAILED' && operation.status !== 'COMPLETED') {
    return lookups === operation.lookups ? operation : { ...operation, lookups };
  }
  return {
    ...operation,
    lookups,
    doubt: { kind: 'none' },
    openedAtMs: Math.min(operation.openedAtMs, LONG_AGO),
    firstSentAtMs: null,
    unresolvedSinceMs: null,
  };
}
