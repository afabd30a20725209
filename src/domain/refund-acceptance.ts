/**
 * The answers table of refunds: what a request for a refund gets, from its key, its `refund_id`, the payment, and what is
 * stored about them. Pure, and in the table's order: the key first, then the refund, then the payment.
 */
import type { PaymentStatus } from './payment.ts';
import { admit, type Sums } from './sums.ts';

export interface RefundAsked {
  /** As it was asked for. Null: all that is left. */
  readonly amountMinor: number | null;
  /** Null: the request has no key. */
  readonly fingerprint: string | null;
}

/** The request's key, if it was seen. A key is bound to one refund, for ever. */
export interface KnownRefundKey {
  readonly fingerprint: string;
}

/** The refund that the request's `refund_id` or key names. */
export interface KnownRefund {
  /** As it was asked for when it was opened. */
  readonly askedMinor: number | null;
  readonly status: PaymentStatus;
  /** The gateway has it, and has not decided yet. */
  readonly accepted: boolean;
  /** Its frozen answer. `stale`: later proof refuted it. Null: there is none, or it has expired. */
  readonly answer: 'true' | 'stale' | null;
}

export interface RefundablePayment {
  readonly status: PaymentStatus;
  readonly sums: Sums;
  /** The gateway that charged it takes refunds, and it is this process's. */
  readonly offered: boolean;
}

export type RefundVerdict =
  | { readonly kind: 'key_reused' }
  /** Its frozen answer. */
  | { readonly kind: 'replay' }
  /** What was answered once is no longer true: answer with the truth. */
  | { readonly kind: 'superseded' }
  /** The refund as it is: settled without an answer to give, accepted by the gateway, or in REVIEW. */
  | { readonly kind: 'stands' }
  /** Not known yet whether the gateway has it. */
  | { readonly kind: 'wait' }
  /** The same `refund_id` was used for another amount. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'payment_not_found' }
  | { readonly kind: 'not_refundable' }
  | { readonly kind: 'not_offered' }
  | { readonly kind: 'exceeds'; readonly refundableMinor: number }
  | { readonly kind: 'open'; readonly amountMinor: number };

export function decideRefund(
  asked: RefundAsked,
  key: KnownRefundKey | null,
  refund: KnownRefund | null,
  payment: RefundablePayment | null,
): RefundVerdict {
  if (key !== null && key.fingerprint !== asked.fingerprint) return { kind: 'key_reused' };
  if (payment === null) return { kind: 'payment_not_found' };
  if (refund !== null) {
    return refund.askedMinor === asked.amountMinor ? known(refund) : { kind: 'conflict' };
  }
  if (payment.status !== 'COMPLETED') return { kind: 'not_refundable' };
  if (!payment.offered) return { kind: 'not_offered' };
  const admission = admit(payment.sums, asked.amountMinor);
  if (admission.kind === 'exceeds') return admission;
  return { kind: 'open', amountMinor: admission.amountMinor };
}

function known({ answer, status, accepted }: KnownRefund): RefundVerdict {
  if (answer === 'true') return { kind: 'replay' };
  if (answer === 'stale') return { kind: 'superseded' };
  const isOver = status === 'COMPLETED' || status === 'FAILED' || status === 'REVIEW';
  return { kind: isOver || accepted ? 'stands' : 'wait' };
}
