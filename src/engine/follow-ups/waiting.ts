/** Waiting for a follow-up to end, or to be accepted by the gateway, at most as long as the client wants. */
import { isSettled } from '../../domain/operation.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import { retryAfterMs } from '../retry-after.ts';
import { unitOf } from '../unit.ts';
import { problem } from './problem.ts';
import {
  type Answer,
  type ClientRequest,
  type FollowingUp,
  isAccepted,
  isAnswerable,
  isReplayed,
  type Turn,
} from './request.ts';

/** While a client waits for a follow-up that another process works on, it is read this often: at first, and at most. */
const POLL_MS = 50;
const POLL_CAP_MS = 1000;

/** Waits for progress; then the request reads again. */
export async function waitTurn<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
  request: ClientRequest,
  record: FollowUpRecord,
  { turn, started }: { readonly turn: number; readonly started: boolean },
): Promise<Turn<Shown, Own>> {
  const { engine, driver, waiters } = followingUp;
  const unit = unitOf(record);
  const leftMs = request.untilMs - engine.clock.monotonicMs();
  if (leftMs <= 0 || waiters.closed()) return unsettled(followingUp, request, record);
  const known = driver.known(unit) as FollowUpRecord | undefined;
  if (known !== undefined && known.seq > record.seq && isAnswerable(known))
    return fromMemory(followingUp, request, known, started);
  const pollMs = known === undefined ? POLL_MS * 1.5 ** Math.min(turn, 20) : leftMs;
  const capMs = known === undefined ? POLL_CAP_MS : leftMs;
  const ended = await waiters.next(unit, Math.min(pollMs, capMs, leftMs), (seen) =>
    isAnswerable(seen as FollowUpRecord),
  );
  if (ended !== null) return fromMemory(followingUp, request, ended as FollowUpRecord, started);
  return waiters.closed() ? unsettled(followingUp, request, record) : 'again';
}

/** What is in memory may have been read without its frozen answer. Then only the database has it. */
function fromMemory<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
  request: ClientRequest,
  record: FollowUpRecord,
  started: boolean,
): Turn<Shown, Own> {
  const isBare = isSettled(record.operation.status) && record.answer === null;
  return isBare ? 'again' : answerNow(followingUp, request, record, started);
}

/** The answer about it as it is: ended, accepted, in REVIEW, or failed with evidence that is being checked. */
export function answerNow<Shown, Own extends string>(
  followingUp: FollowingUp<Shown, Own>,
  request: ClientRequest,
  record: FollowUpRecord,
  started: boolean,
): Answer<Shown, Own> {
  const { engine, traits } = followingUp;
  const replayed = isReplayed(request);
  const shown = traits.show(engine, record);
  if (isSuperseded(record)) return problem(traits, 'result_superseded', { shown, replayed });
  if (isAccepted(record)) return { kind: 'accepted', shown, started, replayed };
  if (!isSettled(record.operation.status) || isInDoubt(record))
    return unsettled(followingUp, request, record);
  const { answer, problem: failure, paymentId, followUp } = record;
  // The frozen answer is erased after its retention. Then the row is the answer.
  const frozen = { problem: failure, body: answer?.body ?? traits.answerBody(shown, failure) };
  return { kind: 'settled', frozen, paymentId, name: followUp.name, started, replayed };
}

/** Whether its failure may not be true: late evidence about it has not been checked yet. So nobody is told to ask for it again. */
function isInDoubt({ operation, evidence }: FollowUpRecord): boolean {
  return operation.status === 'FAILED' && evidence > 0;
}

/** Whether its first end is no longer true: it had failed and was made after all, or it had been made and has failed since. */
export function isSuperseded({ operation, problem }: FollowUpRecord): boolean {
  const hasFailed = operation.status === 'FAILED';
  // A first failure keeps its problem for ever, and a first success has none.
  return problem === null ? hasFailed : !hasFailed;
}

export function unsettled<Shown, Own extends string>(
  { engine, traits }: FollowingUp<Shown, Own>,
  request: ClientRequest,
  record: FollowUpRecord,
): Answer<Shown, Own> {
  return {
    kind: 'unsettled',
    shown: traits.show(engine, record),
    retryAfterMs: retryAfterMs(record),
    replayed: isReplayed(request),
  };
}
