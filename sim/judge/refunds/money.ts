/**
 * What must hold for every refund that the gateway books. There is at most one under each key, it is as asked for, and those of one charge that
 * are live are together no more than the charge took. A refund that landed although its absence was proved is left out of that sum: the
 * gateway broke its contract, and the room that it had taken may have been given to another.
 */
import { type BookedRefund, isLive } from '../../gateway/model.ts';
import { endedByWord } from '../commits.ts';
import type { Sending } from '../money.ts';
import { type KnownRefund, latestOf, refundsOf } from './book.ts';
import { findsAgain } from './forgotten.ts';
import type { RefundJudgeParts } from './index.ts';

export function judgeRefundBooking(parts: RefundJudgeParts, refund: BookedRefund): void {
  const { book, refunds, violated } = parts;
  const intended = book.intended.get(refund.key);
  if (intended === undefined) {
    violated('2 intent', `the gateway booked ${refund.id} for an unknown key`);
    return;
  }
  if (!isLive(refund)) return;
  const twins = refunds.ledger.filter((one) => one.key === refund.key && isLive(one));
  if (twins.length > 1 && isGuarded(parts) && !isUnforeseen(parts, refund))
    violated('1 refunded twice', `${intended.order}: ${twins.map(({ id }) => id).join(', ')}`);
  const wrong = refund.amountMinor !== intended.amountMinor || refund.currency !== intended.currency;
  if (wrong && findsAgain(book) && book.excused.get(refund.key) !== 'money')
    violated('1 refunded twice', `${intended.order}: ${refund.id} has other terms than the refund`);
  judgeTotal(parts, refund);
}

/** Whether nothing but the gateway's breach makes a second one under the same key. It is as for charges: see `counts` in `../money.ts`. */
function isGuarded({ book, plan }: RefundJudgeParts): boolean {
  return findsAgain(book) || (plan.policy.contract.keys === 'kept' && book.restored === null);
}

function judgeTotal(parts: RefundJudgeParts, { chargeRef }: BookedRefund): void {
  const { gateway, refunds, violated } = parts;
  const charge = gateway.ledger.find(({ id }) => id === chargeRef);
  const ours = refunds.ledger.filter(
    (one, index) =>
      one.chargeRef === chargeRef &&
      !one.byPerson &&
      isLive(one) &&
      !isUnforeseen(parts, one) &&
      isCounted(parts, one, index),
  );
  const sumMinor = ours.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const takenMinor = charge?.hold?.capturedMinor ?? charge?.amountMinor;
  if (takenMinor !== undefined && sumMinor > takenMinor)
    violated(
      '1 refunded too much',
      `${chargeRef}: ${sumMinor} of ${takenMinor} (${ours.map(({ id }) => id).join(', ')})`,
    );
}

/**
 * Whether the database counts this one. What it has forgotten, and what nobody has opened again, is not in its sums. If nothing finds that
 * again, it may also believe that one has failed, and one may be made twice.
 */
function isCounted(
  { book, refundBook, refunds }: RefundJudgeParts,
  { key }: BookedRefund,
  index: number,
): boolean {
  if (!book.amnesia) return true;
  const known = refundBook.refunds.get(refundBook.byKey.get(key) ?? '');
  if (known === undefined || refundBook.forgotten.has(key)) return false;
  if (findsAgain(book)) return true;
  const first = refunds.ledger.findIndex((one) => one.key === key && isLive(one));
  return latestOf(known).operation.status !== 'FAILED' && first === index;
}

/** Nobody could know of it in time: the gateway broke its contract, or the sender's clocks had stopped. */
function isUnforeseen({ book, refundBook }: RefundJudgeParts, { key }: BookedRefund): boolean {
  return refundBook.late.has(key) || book.blindSends.has(key) || book.excused.get(key) === 'money';
}

/**
 * No refund is sent that fits only because an earlier one counts as failed, if a lookup shows that the earlier one was made. It was
 * visible before this one was opened.
 */
export function judgeKnown(parts: RefundJudgeParts, { sender, request }: Sending): void {
  const { book, refundBook, refunds, gateway, plan, violated } = parts;
  const known = refundBook.refunds.get(refundBook.byKey.get(request.key) ?? '');
  const { openedMs } = book.intended.get(request.key) ?? { openedMs: 0 };
  if (known === undefined || !plan.policy.contract.lookup || !findsAgain(book)) return;
  const { paymentId, followUp, order } = latestOf(known);
  // A person has said that it was captured. The gateway refuses the refund of what it did not take.
  if (endedByWord(parts, paymentId)) return;
  const all = refundsOf(refundBook, paymentId);
  const others = all
    .map(latestOf)
    .filter(({ gatewayKey, operation }) => gatewayKey !== request.key && operation.status !== 'REVIEW')
    .filter(({ gatewayKey }) => !refundBook.forgotten.has(gatewayKey));
  const sumMinor = refunds.ledger
    .filter((one) => isLive(one) && one.visibleAtMs < openedMs)
    .reduce((sum, { key, amountMinor }) => {
      const other = others.find(({ gatewayKey }) => gatewayKey === key);
      if (other === undefined) return sum;
      if (other.operation.status === 'FAILED') return sum + amountMinor;
      // One that has not failed counts with what it reserved then, also if the gateway made it with another amount.
      return sum + (settledBefore(all, key, openedMs) ?? other.order.amountMinor);
    }, 0);
  const charge = gateway.ledger.find(({ id }) => id === followUp.chargeRef);
  const takenMinor = charge?.hold?.capturedMinor ?? charge?.amountMinor;
  if (takenMinor !== undefined && sumMinor + order.amountMinor > takenMinor)
    violated(
      '3 next refund',
      `${sender} sent ${order.amountMinor} of ${order.orderId} although ${sumMinor} of ${takenMinor} can be seen to be refunded`,
    );
}

/** What a refund was settled with at that moment. Null: with what was asked for, or not yet. */
function settledBefore(all: readonly KnownRefund[], key: string, atMs: number): number | null {
  const known = all.find((one) => latestOf(one).gatewayKey === key);
  return known?.states.findLast((state) => state.atMs < atMs)?.record.settledMinor ?? null;
}
