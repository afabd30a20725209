import type { CaptureOrVoid, CaptureOrVoidEvent } from '../../domain/capture-or-void.ts';
import type { ExclusiveKind } from '../../domain/effects.ts';
import { followUpStatus } from '../../domain/follow-up-status.ts';
import { isSettled } from '../../domain/operation.ts';
import type { PaymentEvent } from '../../domain/payment.ts';
import type { FollowUpRecord } from '../../ports/store.ts';
import type { Engine } from '../context.ts';
import { retryAfterMs } from '../retry-after.ts';
import { nextAttemptMs } from '../show.ts';

/** A stored capture or void as the outside may see it. */
export function toCaptureOrVoid(record: FollowUpRecord): CaptureOrVoid {
  const { order, operation, settledMinor } = record;
  const ended = isSettled(operation.status);
  return {
    operation: operation.kind as ExclusiveKind,
    paymentId: record.paymentId,
    accountId: order.accountId,
    orderId: order.orderId,
    amountMinor: order.amountMinor,
    capturedMinor: operation.status === 'COMPLETED' ? settledMinor : null,
    currency: order.currency,
    status: followUpStatus(operation.status),
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

/** As the outside may see it now: while calls are stopped, its next one is not before they go on. */
export function showCaptureOrVoid(engine: Engine, record: FollowUpRecord): CaptureOrVoid {
  const shown = toCaptureOrVoid(record);
  return { ...shown, nextAttemptAtMs: nextAttemptMs(engine, record, shown.nextAttemptAtMs) };
}

export function showExclusiveEvent(event: PaymentEvent): CaptureOrVoidEvent {
  const { seq, type, status, attempts, detail, atMs } = event;
  return { seq, type, status: followUpStatus(status), attempts, detail, atMs };
}
