/** Waiting for a refund to end, or to be accepted by the gateway, at most as long as the client wants. */
import { isSettled } from '../../domain/operation.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { RefundAnswer } from '../api.ts';
import { retryAfterMs } from '../retry-after.ts';
import { unitOf } from '../unit.ts';
import { refundAnswerBody } from './answer.ts';
import { refundProblem } from './problem.ts';
import {
  type ClientRequest,
  isAccepted,
  isAnswerable,
  isReplayed,
  type Refunding,
  type Turn,
} from './request.ts';
import { showRefund } from './show.ts';

/** While a client waits for a refund that another process works on, it is read this often: at first, and at most. */
const POLL_MS = 50;
const POLL_CAP_MS = 1000;

/** Waits for progress; then the request reads again. */
export async function waitTurn(
  { engine, driver, waiters }: Refunding,
  request: ClientRequest,
  record: FollowUpRecord,
  { turn, started }: { readonly turn: number; readonly started: boolean },
): Promise<Turn> {
  const unit = unitOf(record);
  const leftMs = request.untilMs - engine.clock.monotonicMs();
  if (leftMs <= 0 || waiters.closed()) return unsettled(engine, request, record);
  const known = driver.known(unit) as FollowUpRecord | undefined;
  if (known !== undefined && known.seq > record.seq && isAnswerable(known))
    return fromMemory(engine, request, known, started);
  const pollMs = known === undefined ? POLL_MS * 1.5 ** Math.min(turn, 20) : leftMs;
  const capMs = known === undefined ? POLL_CAP_MS : leftMs;
  const ended = await waiters.next(unit, Math.min(pollMs, capMs, leftMs), (seen) =>
    isAnswerable(seen as FollowUpRecord),
  );
  if (ended !== null) return fromMemory(engine, request, ended as FollowUpRecord, started);
  return waiters.closed() ? unsettled(engine, request, record) : 'again';
}

/** What is in memory may have been read without its frozen answer. Then only the database has it. */
function fromMemory(
  engine: Refunding['engine'],
  request: ClientRequest,
  record: FollowUpRecord,
  started: boolean,
): Turn {
  const isBare = isSettled(record.operation.status) && record.answer === null;
  return isBare ? 'again' : answerNow(engine, request, record, started);
}

/** The answer about a refund as it is: ended, accepted, in REVIEW, or failed with evidence that is being checked. */
export function answerNow(
  engine: Refunding['engine'],
  request: ClientRequest,
  record: FollowUpRecord,
  started: boolean,
): RefundAnswer {
  const replayed = isReplayed(request);
  const refund = showRefund(engine, record);
  if (isSuperseded(record)) return refundProblem('result_superseded', refund, { replayed });
  if (isAccepted(record)) return { kind: 'accepted', refund, started, replayed };
  if (!isSettled(record.operation.status) || isInDoubt(record)) return unsettled(engine, request, record);
  const { answer, problem, paymentId, followUp } = record;
  // The frozen answer is erased after its retention. Then the row is the answer.
  const frozen = { problem, body: answer?.body ?? refundAnswerBody(refund, problem) };
  return { kind: 'settled', frozen, paymentId, refundId: followUp.name, started, replayed };
}

/** Whether its failure may not be true: late evidence about it has not been checked yet. So nobody is told to refund the money again. */
function isInDoubt({ operation, evidence }: FollowUpRecord): boolean {
  return operation.status === 'FAILED' && evidence > 0;
}

/** Whether its first end is no longer true: it had failed and was made after all, or it had been made and has failed since. */
export function isSuperseded({ operation, problem }: FollowUpRecord): boolean {
  const hasFailed = operation.status === 'FAILED';
  // A first failure keeps its problem for ever, and a first success has none.
  return problem === null ? hasFailed : !hasFailed;
}

export function unsettled(
  engine: Refunding['engine'],
  request: ClientRequest,
  record: FollowUpRecord,
): RefundAnswer {
  return {
    kind: 'unsettled',
    refund: showRefund(engine, record),
    retryAfterMs: retryAfterMs(record),
    replayed: isReplayed(request),
  };
}
