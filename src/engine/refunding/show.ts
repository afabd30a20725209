import { followUpStatus } from '../../domain/follow-up-status.ts';
import { isSettled } from '../../domain/operation.ts';
import type { PaymentEvent } from '../../domain/payment.ts';
import type { Refund, RefundEvent } from '../../domain/refund.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { retryAfterMs } from '../retry-after.ts';
import { nextAttemptMs } from '../show.ts';

/** A stored refund as the outside may see it. */
export function toRefund(record: FollowUpRecord): Refund {
  const { followUp, order, operation, settledMinor } = record;
  const ended = isSettled(operation.status);
  return {
    refundId: followUp.name,
    paymentId: record.paymentId,
    accountId: order.accountId,
    orderId: order.orderId,
    amountMinor: order.amountMinor,
    refundedMinor: operation.status === 'COMPLETED' ? settledMinor : null,
    currency: order.currency,
    status: followUpStatus(operation.status),
    reason: followUp.reason,
    metadata: order.metadata,
    attempts: operation.attempts,
    failureCode: operation.failureCode,
    gatewayRef: operation.gatewayRef,
    inDoubt: record.evidence > 0,
    retryAfterMs: ended ? null : retryAfterMs(record),
    nextAttemptAtMs: ended || record.held ? null : record.dueAtMs,
    seq: record.seq,
    createdAtMs: record.createdAtMs,
    updatedAtMs: record.updatedAtMs,
  };
}

/** The refund as the outside may see it now: while calls are stopped, its next one is not before they go on. */
export function showRefund(engine: Engine, record: FollowUpRecord): Refund {
  const refund = toRefund(record);
  return { ...refund, nextAttemptAtMs: nextAttemptMs(engine, record, refund.nextAttemptAtMs) };
}

export function showRefundEvent({ seq, type, status, attempts, detail, atMs }: PaymentEvent): RefundEvent {
  return { seq, type, status: followUpStatus(status), attempts, detail, atMs };
}
