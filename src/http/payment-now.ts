import { paymentFields } from '../engine/answer.ts';
import type { PaymentNow } from '../engine/api.ts';

/**
 * The fields of a payment as it is read, with what has become of its money. The answers of charges have no sums: they are kept for years,
 * and would say for ever that nothing was refunded.
 */
export function paymentNowFields(payment: PaymentNow): Record<string, unknown> {
  const { metadata, created_at, updated_at, ...before } = paymentFields(payment);
  const { capturedMinor, refundedMinor, refundingMinor, elsewhereMinor } = payment.sums;
  return {
    ...before,
    amount_captured: capturedMinor,
    amount_refunded: refundedMinor,
    amount_refunding: refundingMinor,
    amount_refunded_elsewhere: elsewhereMinor,
    metadata,
    created_at,
    updated_at,
  };
}
