/** Payments as agents see them. What the customer's page needs (`nextAction`) is left out: it may hold a secret. */
import type { Payment, PaymentNow } from 'payonce/client';
import { z } from 'zod';
import { timeText } from './time.ts';

export const MINOR = 'whole minor units of the currency: 10.00 USD is 1000, and 1000 JPY is 1000';

const MONEY = ['yes', 'held', 'no', 'unknown'] as const;

export const moneySchema = z
  .enum(MONEY)
  .describe(
    'Whether the charge took money. "held": authorised, and not taken. "no": proved. With "livemode": false it was test money.',
  );

export const paymentSchema = z.object({
  payment_id: z.string(),
  order_id: z.string(),
  amount_minor: z.number().describe(`In ${MINOR}.`),
  currency: z.string(),
  status: z.string().describe('Only COMPLETED means charged. FAILED: proved that nothing was charged.'),
  money_moved: moneySchema,
  livemode: z.boolean().describe('False: test money. Nobody has paid.'),
  capture_method: z.enum(['automatic', 'manual']),
  failure_code: z.string().nullable(),
  gateway: z.string(),
  gateway_ref: z.string().nullable(),
  gateway_calls: z.number().describe('Calls to the gateway for the current charge.'),
  safe_to_try_next_attempt: z.boolean(),
  customer_must_act: z
    .boolean()
    .describe('Their bank asks for something, such as 3-D Secure, on the page where they pay.'),
  next_step_at: z.string().nullable().describe('When Payonce calls or looks next, at the earliest.'),
  metadata: z.record(z.string(), z.string()),
  created_at: z.string(),
  updated_at: z.string(),
});

export const paymentNowSchema = paymentSchema.extend({
  sums: z
    .object({
      authorized_minor: z.number().nullable(),
      captured_minor: z.number(),
      refunded_minor: z.number(),
      refunding_minor: z.number().describe('Refunds under way or in review.'),
      refunded_elsewhere_minor: z.number(),
    })
    .describe(`In ${MINOR}.`),
  actions: z.array(z.string()).describe('What may be asked for now.'),
});

export function moneyMoved({ status }: Payment): (typeof MONEY)[number] {
  switch (status) {
    case 'COMPLETED':
      return 'yes';
    case 'AUTHORIZED':
      return 'held';
    case 'FAILED':
    case 'VOIDED':
      return 'no';
    default:
      return 'unknown';
  }
}

export function tellPayment(payment: Payment): z.infer<typeof paymentSchema> {
  return {
    payment_id: payment.paymentId,
    order_id: payment.orderId,
    amount_minor: payment.amountMinor,
    currency: payment.currency,
    status: payment.status,
    money_moved: moneyMoved(payment),
    livemode: payment.livemode,
    capture_method: payment.captureMethod ?? 'automatic',
    failure_code: payment.failureCode,
    gateway: payment.gateway,
    gateway_ref: payment.gatewayRef,
    gateway_calls: payment.attempts,
    safe_to_try_next_attempt: payment.safeToRetryWithNewKey,
    customer_must_act: payment.nextAction !== null,
    next_step_at: payment.nextAttemptAtMs === null ? null : timeText(payment.nextAttemptAtMs),
    metadata: { ...payment.metadata },
    created_at: timeText(payment.createdAtMs),
    updated_at: timeText(payment.updatedAtMs),
  };
}

export function tellPaymentNow(payment: PaymentNow): z.infer<typeof paymentNowSchema> {
  const { sums } = payment;
  return {
    ...tellPayment(payment),
    sums: {
      authorized_minor: sums.authorizedMinor,
      captured_minor: sums.capturedMinor,
      refunded_minor: sums.refundedMinor,
      refunding_minor: sums.refundingMinor,
      refunded_elsewhere_minor: sums.elsewhereMinor,
    },
    actions: [...payment.actions],
  };
}
