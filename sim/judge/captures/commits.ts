/** What must hold for every committed change of a capture or a void. At most one of a payment is open or has succeeded. */
import type { PaymentStatus } from '../../../src/domain/payment.ts';
import type { BookedCapture, BookedCharge } from '../../gateway/model.ts';
import { STATEMENT_MS, statesSince } from '../book.ts';
import { judgeCause } from '../causes.ts';
import { type CommitJudgeParts, judgeEvents, judgeFence } from '../commits.ts';
import { judgeProof } from '../proofs.ts';
import { asChange, nameOf } from '../refunds/as-charge.ts';
import { latestOf, type RefundChange, refundsOf, type StoredRefund } from '../refunds/book.ts';
import { judgeAnswer, judgeReview, noted } from '../refunds/commits.ts';
import { judgeWait } from '../waits.ts';
import { judgeWish } from '../wishes.ts';
import type { CaptureJudgeParts } from './index.ts';

/** Taken from the design, not from the engine. */
const MOVES: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  // Never of a capture or a void.
  AUTHORIZED: [],
  VOIDED: [],
  PROCESSING: ['COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW'],
  UNRESOLVED: ['COMPLETED', 'FAILED', 'REVIEW'],
  REVIEW: ['COMPLETED', 'FAILED'],
  // What counted as failed was made after all, or is under way after all.
  FAILED: ['COMPLETED', 'PROCESSING', 'REVIEW'],
  COMPLETED: [],
};

export function judgeEndCommit(parts: CaptureJudgeParts, change: RefundChange): void {
  const { endBook, book, mark, violated, nowMs } = parts;
  // It changes nothing of it, and shows it as it was when the statement began.
  if (change.kind === 'bindFollowUpKey') return;
  const { before, after } = change;
  const known = noted(endBook, change, nowMs());
  if (before === null) opened(parts, after);
  const shared: CommitJudgeParts = {
    ...parts,
    gateway: parts.captures,
    mark: () => {},
    endsOf: () => [],
  };
  const asCharge = asChange(change);
  judgeEvents(shared, asCharge);
  judgeFence(shared, asCharge);
  judgeWish({ ...shared, mark }, asCharge);
  if (book.words.has(after.gatewayKey)) endBook.late.add(after.gatewayKey);
  judgeCause(shared, asCharge);
  judgeProof(shared, asCharge, nowMs());
  judgeWait(shared, asCharge);
  judgeMark(parts, change);
  if (change.event !== null) mark(`event:${change.event.type}`);
  judgeAnswer(parts, known, after);
  if (before === null || before.operation.status === after.operation.status) return;
  const move = `${before.operation.status} → ${after.operation.status}`;
  mark(`end_move:${move}`);
  if (!MOVES[before.operation.status].includes(after.operation.status))
    violated('4 moves', `${nameOf(after)}: ${move} is not a listed move`);
  judgeTruth(parts, change);
}

function opened(parts: CaptureJudgeParts, after: StoredRefund): void {
  const { book, endBook, violated, nowMs, database } = parts;
  const { order, operation, gatewayKey, followUp, paymentId } = after;
  const request = order.metadata.request ?? '';
  const name = nameOf(after);
  book.intended.set(gatewayKey, {
    order: `${order.accountId}/${name}`,
    n: operation.n,
    amountMinor: order.amountMinor,
    currency: order.currency,
    openedMs: nowMs(),
    patienceS: null,
  });
  endBook.openedBy.add(request);
  if (book.idLost) violated('installation', `${name}: stored under another installation’s id`);
  if (endBook.refused.has(request))
    violated('8 nothing sent', `${name}: stored after its client was told that it was not`);
  const payment = database().row(order.accountId, order.orderId)?.payment;
  // A statement that began before the look's write has seen what is no longer so. The gateway has let go, so nothing comes of it.
  const status = payment?.operation.status;
  const [, ...later] = statesSince(book, `${order.accountId}/${order.orderId}`, nowMs() - STATEMENT_MS);
  const justFreed = status === 'VOIDED' && later.some((state) => state.status === 'VOIDED');
  if (status !== 'AUTHORIZED' && !justFreed)
    violated('capturable', `${name}: opened while its payment is ${status}`);
  if (payment?.operation.gatewayRef !== followUp.chargeRef)
    violated('capturable', `${name}: opened for ${followUp.chargeRef}, which is not its charge`);
  if (order.amountMinor > (payment?.order.amountMinor ?? 0))
    violated('capturable', `${name}: opened with ${order.amountMinor}, and less was authorised`);
  const others = refundsOf(endBook, paymentId)
    .map(latestOf)
    .filter((one) => one.followUp.id !== followUp.id && one.operation.status !== 'FAILED');
  if (others.length > 0)
    violated('7 one operation', `${name} was opened beside ${others.map(nameOf).join(', ')}`);
}

/** The row of sums names the one that is open or has succeeded, and says what was captured. */
function judgeMark(
  { endBook, database, violated }: CaptureJudgeParts,
  { after, sumsAfter }: RefundChange,
): void {
  const name = `${nameOf(after)} #${after.seq}`;
  const known = refundsOf(endBook, after.paymentId).map(latestOf);
  const live = known.filter(({ operation }) => operation.status !== 'FAILED');
  const { exclusive, capturedMinor } = sumsAfter;
  const wanted = live[0]?.followUp.id ?? null;
  // One that landed late may be live beside the one that is named.
  const isNamed = live.some(({ followUp }) => followUp.id === exclusive?.id);
  if (live.length === 0 ? exclusive?.id !== null : !isNamed)
    violated('sums', `${name}: the mark names ${exclusive?.id}, not ${wanted}`);
  if (exclusive?.count !== known.length)
    violated('sums', `${name}: ${exclusive?.count} are counted of ${known.length}`);
  const { accountId, orderId } = after.order;
  const status = database().row(accountId, orderId)?.payment.operation.status;
  if (status === 'AUTHORIZED' && capturedMinor !== 0)
    violated('sums', `${name}: ${capturedMinor} are captured, and the payment is AUTHORIZED`);
}

/** What became of its charge at the gateway. */
function chargeOf({ gateway }: CaptureJudgeParts, { followUp }: StoredRefund): BookedCharge | undefined {
  return gateway.ledger.find(({ id }) => id === followUp.chargeRef);
}

function judgeTruth(parts: CaptureJudgeParts, { after, event, sumsAfter }: RefundChange): void {
  const { violated, captures, book, endBook, database, plan } = parts;
  const name = nameOf(after);
  const key = after.gatewayKey;
  const made = captures.ledger.filter((one) => one.key === key);
  const charge = chargeOf(parts, after);
  const isExcused =
    book.blindSends.has(key) || endBook.late.has(key) || book.excused.has(key) || book.amnesia;
  switch (after.operation.status) {
    case 'COMPLETED': {
      // See `wishes.ts`.
      if (event?.type === 'operator.settled') return;
      if (!isAsAsked(charge, after))
        violated('6 truth', `${name}: SUCCEEDED, and its charge is ${charge?.status}`);
      const { accountId, orderId } = after.order;
      const status = database().row(accountId, orderId)?.payment.operation.status;
      if (status !== (after.operation.kind === 'capture' ? 'COMPLETED' : 'VOIDED') && !isExcused)
        violated('6 truth', `${name}: SUCCEEDED, and its payment is ${status}`);
      const takenMinor = charge?.hold?.capturedMinor ?? 0;
      if (sumsAfter.capturedMinor !== takenMinor && !isExcused)
        violated(
          '6 truth',
          `${name}: ${sumsAfter.capturedMinor} are captured, and the gateway took ${takenMinor}`,
        );
      return;
    }
    case 'FAILED':
      if (isExcused) return;
      if (after.evidence > 0)
        violated('6 truth', `${name}: FAILED over evidence that nobody has looked into`);
      if (made.some(({ status }) => status === 'succeeded'))
        violated('6 truth', `${name}: FAILED, but it was made at the gateway`);
      else if (captures.canStillLand(key)) violated('6 truth', `${name}: FAILED, but it may still be made`);
      judgeReason(parts, after, made, charge);
      return;
    case 'REVIEW':
      judgeReview({ book, plan, violated, refundBook: endBook }, after, made);
      return;
  }
}

function isAsAsked(
  charge: BookedCharge | undefined,
  { operation, order, settledMinor }: StoredRefund,
): boolean {
  if (operation.kind === 'void') return charge?.status === 'voided' || charge?.status === 'sealed';
  const isTaken = charge?.status === 'succeeded' || charge?.status === 'refunded';
  return isTaken && charge?.hold?.capturedMinor === (settledMinor ?? order.amountMinor);
}

function judgeReason(
  { captures, violated }: CaptureJudgeParts,
  { problem, gatewayKey, ...after }: StoredRefund,
  made: readonly BookedCapture[],
  charge: BookedCharge | undefined,
): void {
  const name = nameOf(after);
  if (problem === null) violated('6 truth', `${name}: FAILED without a problem`);
  const isDeclined =
    made.some(({ status }) => status === 'declined') ||
    captures.refused(gatewayKey) ||
    charge?.status !== 'authorized';
  if ((problem === 'capture_declined' || problem === 'void_declined') && !isDeclined)
    violated('6 truth', `${name}: said to be declined, but the gateway never said so`);
}
