/** Waiting for a charge to end, at most as long as the client wants. */
import { isSettled } from '../../domain/operation.ts';
import { mayWaitForCustomer } from '../../domain/transition/index.ts';
import type { PaymentRecord } from '../../ports/store.ts';
import type { ChargeAnswer } from '../api.ts';
import { retryAfterMs } from '../retry-after.ts';
import { showPaymentNow } from '../show.ts';
import { nextActionOf } from '../two-steps/action.ts';
import { frozenOf, replay, settled } from './answers.ts';
import { knownSince, mayBeTaken, readAgain } from './reading.ts';
import { type Charging, type ClientRequest, isReplayed, type Turn } from './request.ts';

/** While a client waits for a payment that another process works on, it is read this often: at first, and at most. */
const POLL_MS = 50;
const POLL_CAP_MS = 1000;

/** Waits for a charge that this process drives; `again` if it no longer does. */
export async function waitForOwn(
  charging: Charging,
  request: ClientRequest,
  record: PaymentRecord,
): Promise<Turn> {
  const { waiters, answerRetentionMs } = charging;
  const { clock } = charging.engine;
  const leftMs = request.untilMs - clock.monotonicMs();
  const { paymentId, operation } = record;
  const ended = await waiters.next(
    paymentId,
    leftMs,
    (seen) => (hasEnded(seen) || mayAsk(charging, seen)) && seen.operation.n === operation.n,
  );
  if (ended?.answer) {
    const { problem: code, body } = ended.answer;
    const frozen = { problem: code, body };
    return settled(charging, request, ended, frozen, { started: true, freshForMs: answerRetentionMs });
  }
  // A later step of what another process has ended comes without the answer. The database has it.
  const goesOn = ended === null || !hasEnded(ended) || isSettled(ended.operation.status);
  if (goesOn && clock.monotonicMs() < request.untilMs && !waiters.closed()) return 'again';
  return unsettled(charging, request, ended ?? record);
}

/** Waits for progress on a charge that any process may be driving; then the request reads again. */
export async function waitTurn(
  charging: Charging,
  request: ClientRequest,
  record: PaymentRecord | null,
  turn: number,
): Promise<Turn> {
  const { engine, driver, waiters } = charging;
  const leftMs = request.untilMs - engine.clock.monotonicMs();
  if (record === null) return 'again';
  if (leftMs <= 0 || record.operation.status === 'REVIEW') return unsettled(charging, request, record);
  // The customer cannot act before they are told. If they have acted meanwhile, there is nothing to tell: the wait goes on.
  if (mayAsk(charging, record) && (await nextActionOf(engine, record)) !== null) {
    const answer = await unsettled(charging, request, record);
    return answer.kind === 'unsettled' && answer.payment.nextAction === null ? 'again' : answer;
  }
  const isNews = (seen: PaymentRecord): boolean =>
    hasEnded(seen) || (seen.seq > record.seq && mayAsk(charging, seen));
  const known = driver.known(record.paymentId);
  // It went on since it was read, while nobody listened.
  if (known !== undefined && known.seq > record.seq && isNews(known)) return 'again';
  const pollMs =
    known === undefined ? Math.min(POLL_CAP_MS, POLL_MS * 1.5 ** Math.min(turn, 20), leftMs) : leftMs;
  const ended = await waiters.next(record.paymentId, pollMs, isNews);
  if (ended === null && waiters.closed()) return unsettled(charging, request, record);
  return 'again';
}

/**
 * The answer when the wait is over. A payment that this process does not hold is read once more: another process may have settled
 * it meanwhile.
 */
async function unsettled(
  charging: Charging,
  request: ClientRequest,
  last: PaymentRecord,
): Promise<ChargeAnswer> {
  const known = knownSince(charging, last);
  const situation =
    known === undefined || mayBeTaken(charging, request, known) ? await readAgain(charging, request) : null;
  const bound = situation?.key?.fingerprint === request.key?.fingerprint;
  if (situation?.key?.answer && bound) return replay(charging, request, situation);
  const record = situation?.payment ?? known ?? last;
  const answer = frozenOf(record);
  if (request.key === null && answer !== null && record.operation.n === last.operation.n) {
    const { freshForMs, ...frozen } = answer;
    const started = request.startedN === record.operation.n;
    const stands = record.evidence === 0 && isSettled(record.operation.status);
    if (stands) return settled(charging, request, record, frozen, { started, freshForMs });
  }
  return {
    kind: 'unsettled',
    payment: await showPaymentNow(charging.engine, record),
    retryAfterMs: retryAfterMs(record),
    replayed: isReplayed(request),
  };
}

/** Whether the customer may have to act. Only the database knows what. */
function mayAsk({ engine }: Charging, { operation }: PaymentRecord): boolean {
  return engine.gateway.twoSteps !== undefined && mayWaitForCustomer(operation);
}

function hasEnded(record: PaymentRecord): boolean {
  return isSettled(record.operation.status) || record.operation.status === 'REVIEW';
}
