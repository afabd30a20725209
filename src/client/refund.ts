/** A refund as the API shows it. */
import { countIfAnyAt, type Fields, textAt, textOrNullAt, wordsAt } from './fields.ts';
import { type FollowUp, readFollowUp } from './follow-up.ts';

/** Money of a payment that goes back. */
export interface Refund extends FollowUp {
  /** Your name for it. If you gave only a key: a name that the server made from the key. */
  readonly refundId: string;
  /** What the gateway gave back, if that is not `amountMinor`: an operator has settled it. Null: it is, or nothing went back. */
  readonly refundedMinor: number | null;
  /** Your reason, as you gave it; null if you gave none. */
  readonly reason: string | null;
}

/** A refund as it is read. */
export interface RefundNow extends Refund {
  /** What may be asked for now: `look_now`, `resolve`. A newer server may have other words. */
  readonly actions: readonly string[];
}

/** `statusField`: a problem about a refund has the refund's status under another name. */
export function readRefund(fields: Fields, statusField: 'status' | 'refund_status' = 'status'): Refund {
  return {
    ...readFollowUp(fields, statusField),
    refundId: textAt(fields, 'refund_id'),
    refundedMinor: countIfAnyAt(fields, 'amount_refunded'),
    reason: textOrNullAt(fields, 'reason'),
  };
}

export function readRefundNow(fields: Fields): RefundNow {
  return { ...readRefund(fields), actions: wordsAt(fields, 'actions') };
}
