import { paymentFields } from '../engine/answer.ts';
import type { PaymentNow } from '../engine/api.ts';

/**
 * The fields of a payment as it is read, with what has become of its money and what may be done now. The answers of charges have neither:
 * they are kept for years, and would say for ever that nothing was refunded.
 */
export function paymentNowFields(payment: PaymentNow): Record<string, unknown> {
  const { metadata, created_at, updated_at, ...before } = paymentFields(payment);
  const { capturedMinor, refundedMinor, refundingMinor, elsewhereMinor } = payment.sums;
  return {
    ...before,
    ...(payment.captureMethod === undefined ? {} : { amount_authorized: authorizedMinor(payment) }),
    amount_captured: capturedMinor,
    amount_refunded: refundedMinor,
    amount_refunding: refundingMinor,
    amount_refunded_elsewhere: elsewhereMinor,
    actions: payment.actions,
    metadata,
    created_at,
    updated_at,
  };
}

/** What the gateway holds, or held until it was captured or voided. */
function authorizedMinor({ status, amountMinor }: PaymentNow): number {
  return status === 'AUTHORIZED' || status === 'COMPLETED' || status === 'VOIDED' ? amountMinor : 0;
}
