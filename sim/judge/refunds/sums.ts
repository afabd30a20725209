/** The sums of a payment say exactly what its refunds say, and nothing is opened that does not fit. */
import { isSettled } from '../../../src/domain/operation.ts';
import { nameOf } from './as-charge.ts';
import { latestOf, type RefundChange, refundsOf } from './book.ts';
import type { RefundJudgeParts } from './index.ts';

type FollowUp = ReturnType<typeof latestOf>;

export function judgeSums(parts: RefundJudgeParts, change: RefundChange): void {
  const { refundBook, violated, database } = parts;
  const { before, after, sumsAfter } = change;
  const refunds = refundsOf(refundBook, after.paymentId);
  const wanted = {
    refundingMinor: total(refunds.map(latestOf).filter(({ operation }) => !isSettled(operation.status))),
    refundedMinor: totalMoved(
      refunds.map(latestOf).filter(({ operation }) => operation.status === 'COMPLETED'),
    ),
  };
  for (const [name, value] of Object.entries(wanted)) {
    const stored = sumsAfter[name as keyof typeof wanted];
    if (stored !== value)
      violated('sums', `${nameOf(after)} #${after.seq}: ${name} is ${stored}, and the refunds say ${value}`);
  }
  // Before the next one is sent, those that count as failed without the gateway's word are looked up.
  const released = refunds
    .map(latestOf)
    .filter(({ byAbsence, operation }) => byAbsence && operation.status === 'FAILED').length;
  if (sumsAfter.absences !== released)
    violated('sums', `${nameOf(after)} #${after.seq}: absences is ${sumsAfter.absences} of ${released}`);
  const { capturedMinor, refundingMinor, refundedMinor, elsewhereMinor } = sumsAfter;
  const payment = database().row(after.order.accountId, after.order.orderId)?.payment;
  // What a capture took is judged with the capture.
  const isAutomatic = payment?.operation.manual === undefined;
  if (payment !== undefined && isAutomatic && capturedMinor !== payment.order.amountMinor)
    violated('sums', `${nameOf(after)}: ${capturedMinor} is said to be captured`);
  judgeElsewhere(parts, change, elsewhereMinor);
  // Before one that is opened to verify is sent, the gateway is asked what was refunded elsewhere.
  const knownMinor = after.operation.step === 'verify' ? 0 : elsewhereMinor;
  if (before === null && refundingMinor + refundedMinor + knownMinor > capturedMinor)
    violated('sums', `${nameOf(after)} was opened, and only ${capturedMinor} were captured`);
}

/** What is said to be refunded by others was refunded by others. */
function judgeElsewhere(
  { refunds, refundBook, book, violated, mark }: RefundJudgeParts,
  { after, sumsBefore, args }: RefundChange,
  elsewhereMinor: number,
): void {
  const isLess = elsewhereMinor < (sumsBefore?.elsewhereMinor ?? 0);
  if (
    isLess &&
    (args as { readonly elsewhere?: { readonly exact: boolean } | null }).elsewhere?.exact !== true
  )
    violated(
      'sums',
      `${nameOf(after)}: less was refunded elsewhere than before, and that was not known exactly`,
    );
  if (elsewhereMinor === 0) return;
  mark('refund:elsewhere_noticed');
  const { chargeRef } = after.followUp;
  const made = refunds.ledger.filter((one) => one.chargeRef === chargeRef);
  // What the gateway made against its contract may be in its sum, and not in ours.
  if (made.some(({ key }) => book.excused.has(key) || book.blindSends.has(key) || refundBook.late.has(key)))
    return;
  // A refund of ours that the database forgot is somebody else's to it.
  const byOthers = made.filter((one) => one.byPerson || book.amnesia);
  const othersMinor = byOthers.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  if (elsewhereMinor > othersMinor)
    violated('sums', `${nameOf(after)}: ${elsewhereMinor} refunded elsewhere, and it was ${othersMinor}`);
}

function total(records: readonly Pick<FollowUp, 'order'>[]): number {
  return records.reduce((sum, { order }) => sum + order.amountMinor, 0);
}

/** What an operator has settled is what the gateway really gave back. */
function totalMoved(records: readonly Pick<FollowUp, 'order' | 'settledMinor'>[]): number {
  return records.reduce((sum, { order, settledMinor }) => sum + (settledMinor ?? order.amountMinor), 0);
}
