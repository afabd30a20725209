/** What must hold for every committed change of a refund. */
import type { PaymentStatus } from '../../../src/domain/payment.ts';
import type { BookedRefund } from '../../gateway/model.ts';
import { judgeCause } from '../causes.ts';
import { type CommitJudgeParts, judgeEvents, judgeFence } from '../commits.ts';
import { judgeProof } from '../proofs.ts';
import { judgeWait } from '../waits.ts';
import { judgeWish } from '../wishes.ts';
import { asChange, nameOf } from './as-charge.ts';
import { type KnownRefund, latestOf, type RefundBook, type RefundChange, type StoredRefund } from './book.ts';
import { findsAgain } from './forgotten.ts';
import type { RefundJudgeParts } from './index.ts';
import { judgeSums } from './sums.ts';

/** Taken from the design, not from the engine. */
const MOVES: Readonly<Record<PaymentStatus, readonly PaymentStatus[]>> = {
  // Never a refund's.
  AUTHORIZED: [],
  VOIDED: [],
  PROCESSING: ['COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW'],
  UNRESOLVED: ['COMPLETED', 'FAILED', 'REVIEW'],
  REVIEW: ['COMPLETED', 'FAILED'],
  // What counted as failed was made after all, or is under way after all.
  FAILED: ['COMPLETED', 'PROCESSING', 'REVIEW'],
  // The bank has sent it back.
  COMPLETED: ['FAILED', 'REVIEW'],
};

export function judgeRefundCommit(parts: RefundJudgeParts, change: RefundChange): void {
  const { refundBook, book, mark, violated, nowMs } = parts;
  // It changes nothing of the refund, and shows it as it was when the statement began.
  if (change.kind === 'bindFollowUpKey') return;
  const { before, after } = change;
  const known = noted(refundBook, change, nowMs());
  if (before === null) opened(parts, after);
  const name = nameOf(after);
  const shared: CommitJudgeParts = { ...parts, gateway: parts.refunds, mark: () => {}, endsOf: () => [] };
  const asCharge = asChange(change);
  judgeEvents(shared, asCharge);
  judgeFence(shared, asCharge);
  judgeWish({ ...shared, mark }, asCharge);
  if (book.words.has(after.gatewayKey)) refundBook.late.add(after.gatewayKey);
  judgeCause(shared, asCharge);
  judgeProof(shared, asCharge, nowMs());
  judgeWait(shared, asCharge);
  judgeSums(parts, change);
  if (change.event !== null) mark(`event:${change.event.type}`);
  judgeAnswer(parts, known, after);
  if (before === null || before.operation.status === after.operation.status) return;
  const move = `${before.operation.status} → ${after.operation.status}`;
  mark(`refund_move:${move}`);
  if (!MOVES[before.operation.status].includes(after.operation.status))
    violated('4 moves', `${name}: ${move} is not a listed move`);
  judgeTruth(parts, change, before);
}

export function noted(book: RefundBook, change: RefundChange, atMs: number): KnownRefund {
  const { after, sumsAfter } = change;
  const { id } = after.followUp;
  const known = book.refunds.get(id) ?? { states: [], body: null };
  book.refunds.set(id, known);
  book.byKey.set(after.gatewayKey, id);
  known.states.push({ atMs, record: after });
  const states = book.sums.get(after.paymentId) ?? [];
  states.push({ atMs, sums: sumsAfter });
  book.sums.set(after.paymentId, states);
  return known;
}

function opened(parts: RefundJudgeParts, after: StoredRefund): void {
  const { book, refundBook, violated, nowMs, database, mark } = parts;
  const { order, operation, gatewayKey } = after;
  const request = order.metadata.request ?? '';
  const forgotten = refundBook.forgotten.has(gatewayKey) ? book.intended.get(gatewayKey) : undefined;
  if (forgotten?.amountMinor === order.amountMinor) {
    refundBook.forgotten.delete(gatewayKey);
    mark('refund_after_loss:opened_again');
  }
  book.intended.set(gatewayKey, {
    order: `${order.accountId}/${nameOf(after)}`,
    n: operation.n,
    amountMinor: order.amountMinor,
    currency: order.currency,
    openedMs: nowMs(),
    patienceS: null,
  });
  refundBook.openedBy.add(request);
  if (book.idLost) violated('installation', `${nameOf(after)}: stored under another installation’s id`);
  if (refundBook.refused.has(request))
    violated('8 nothing sent', `${nameOf(after)}: stored after its client was told that it was not`);
  const payment = database().row(order.accountId, order.orderId)?.payment;
  if (payment?.operation.status !== 'COMPLETED')
    violated('refundable', `${nameOf(after)}: opened while its payment is ${payment?.operation.status}`);
  if (payment?.operation.gatewayRef !== after.followUp.chargeRef)
    violated(
      'refundable',
      `${nameOf(after)}: opened for ${after.followUp.chargeRef}, which is not its charge`,
    );
  const twins = [...refundBook.refunds.values()].filter((other) => {
    const { followUp, paymentId } = latestOf(other);
    return paymentId === after.paymentId && followUp.name === after.followUp.name;
  });
  if (twins.length > 1) violated('7 one operation', `${nameOf(after)} was opened twice`);
}

/** The first answer that ends a refund is frozen, and never changes. */
export function judgeAnswer(
  { violated }: Pick<RefundJudgeParts, 'violated'>,
  known: KnownRefund,
  after: StoredRefund,
): void {
  const { answer } = after;
  if (answer === null) return;
  if (known.body !== null && known.body !== answer)
    violated('7 same answer', `${nameOf(after)}: its frozen answer changed`);
  known.body = answer;
}

function judgeTruth(parts: RefundJudgeParts, { after, event }: RefundChange, before: StoredRefund): void {
  const { violated } = parts;
  const name = nameOf(after);
  const made = parts.refunds.ledger.filter(({ key }) => key === after.gatewayKey);
  switch (after.operation.status) {
    case 'COMPLETED':
      // See `wishes.ts`.
      if (event?.type === 'operator.settled') return;
      // One that has failed meanwhile counts: it had succeeded when the engine was told.
      if (!made.some((refund) => refund.had.has('succeeded') && isAsAsked(refund, after)))
        violated('6 truth', `${name}: SUCCEEDED, but the gateway has not made it`);
      return;
    case 'FAILED':
      if (!findsAgain(parts.book)) return;
      if (after.evidence > 0)
        violated('6 truth', `${name}: FAILED over evidence that nobody has looked into`);
      judgeNothingMoves(parts, after, made);
      judgeReason(parts, before, after, made);
      return;
    case 'REVIEW':
      if (findsAgain(parts.book)) judgeReview(parts, after, made);
      return;
  }
}

/** Or as an operator has settled it. */
function isAsAsked(
  { amountMinor, currency, chargeRef }: BookedRefund,
  { order, followUp, settledMinor }: StoredRefund,
): boolean {
  const wantedMinor = settledMinor ?? order.amountMinor;
  return amountMinor === wantedMinor && currency === order.currency && chargeRef === followUp.chargeRef;
}

function judgeNothingMoves(
  { book, refundBook, refunds, violated }: RefundJudgeParts,
  after: StoredRefund,
  made: readonly BookedRefund[],
): void {
  const key = after.gatewayKey;
  // The call may have been sent, or the refund made, after everything that the engine could know.
  if (book.blindSends.has(key) || refundBook.late.has(key)) return;
  if (made.some(({ status }) => status === 'succeeded'))
    violated('6 truth', `${nameOf(after)}: FAILED, but it is live at the gateway`);
  else if (refunds.canStillLand(key))
    violated('6 truth', `${nameOf(after)}: FAILED, but it may still be made`);
}

function judgeReason(
  { refunds, violated }: RefundJudgeParts,
  before: StoredRefund,
  after: StoredRefund,
  made: readonly BookedRefund[],
): void {
  const name = nameOf(after);
  if (before.operation.status === 'COMPLETED') {
    if (!made.some(({ status }) => status === 'declined'))
      violated('6 truth', `${name}: FAILED after it had succeeded, and the gateway still shows it`);
    return;
  }
  if (after.problem === null) violated('6 truth', `${name}: FAILED without a problem`);
  const isDeclined = made.some(({ status }) => status === 'declined') || refunds.refused(after.gatewayKey);
  if (after.problem === 'refund_declined' && !isDeclined)
    violated('6 truth', `${name}: said to be declined, but the gateway never said so`);
}

/** REVIEW is allowed only if the gateway has no lookups, broke its contract, or left the outcome open for too long. */
export function judgeReview(
  { book, plan, violated, refundBook }: Pick<RefundJudgeParts, 'book' | 'plan' | 'violated' | 'refundBook'>,
  after: StoredRefund,
  made: readonly unknown[],
): void {
  const { failureCode } = after.operation;
  if (failureCode === null) violated('review', `${nameOf(after)}: REVIEW without a reason`);
  const { contract, resolveForMs } = plan.policy;
  const { gatewayKey } = after;
  const excused =
    book.excused.has(gatewayKey) ||
    book.blindSends.has(gatewayKey) ||
    refundBook.late.has(gatewayKey) ||
    // It may be opened again with another amount than it was made with.
    refundBook.forgotten.has(gatewayKey) ||
    book.stepped.atMs !== Number.NEGATIVE_INFINITY ||
    made.length > 1;
  const openForMs = after.updatedAtMs - after.operation.openedAtMs;
  if (contract.lookup && !excused && openForMs < resolveForMs)
    violated('review', `${nameOf(after)}: REVIEW (${failureCode}) although the gateway can tell`);
}
