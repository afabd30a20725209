/** Refunds, captures and voids as agents see them. */
import type { CaptureOrVoid, Refund } from 'payonce/client';
import { z } from 'zod';
import { MINOR } from './payment.ts';
import { timeText } from './time.ts';

const COMMON = {
  payment_id: z.string(),
  amount_minor: z.number().describe(`What was asked for, in ${MINOR}.`),
  currency: z.string(),
  status: z.string().describe('Only SUCCEEDED means that the gateway made it. FAILED: it changed nothing.'),
  failure_code: z.string().nullable(),
  gateway_ref: z.string().nullable(),
  next_step_at: z.string().nullable().describe('When Payonce calls or looks next, at the earliest.'),
  created_at: z.string(),
  updated_at: z.string(),
};

export const refundSchema = z.object({
  refund_id: z.string(),
  ...COMMON,
  refunded_minor: z.number().nullable().describe('What the gateway gave back, if it is another amount.'),
  reason: z.string().nullable(),
});

export const operationSchema = z.object({
  operation: z.enum(['capture', 'void']),
  order_id: z.string(),
  ...COMMON,
  captured_minor: z.number().nullable().describe('What the gateway took, if it is another amount.'),
});

function tellCommon(one: Refund | CaptureOrVoid) {
  return {
    payment_id: one.paymentId,
    amount_minor: one.amountMinor,
    currency: one.currency,
    status: one.status,
    failure_code: one.failureCode,
    gateway_ref: one.gatewayRef,
    next_step_at: one.nextAttemptAtMs === null ? null : timeText(one.nextAttemptAtMs),
    created_at: timeText(one.createdAtMs),
    updated_at: timeText(one.updatedAtMs),
  };
}

export function tellRefund(refund: Refund): z.infer<typeof refundSchema> {
  return {
    refund_id: refund.refundId,
    ...tellCommon(refund),
    refunded_minor: refund.refundedMinor,
    reason: refund.reason,
  };
}

export function tellOperation(operation: CaptureOrVoid): z.infer<typeof operationSchema> {
  return {
    operation: operation.operation,
    order_id: operation.orderId,
    ...tellCommon(operation),
    captured_minor: operation.capturedMinor,
  };
}
