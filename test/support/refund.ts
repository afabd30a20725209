import type { Refund } from '../../src/domain/refund.ts';
import type { RefundNow } from '../../src/engine/api.ts';

/** A refund that is under way. Its id, reason and note hold the word that no log line may hold. */
export const refund: Refund = {
  refundId: 'hush-refund',
  paymentId: '01936b1e-7f2a-7c3d-8e4f-0123456789ab',
  accountId: 'default',
  orderId: 'hush-order',
  amountMinor: 4000,
  refundedMinor: null,
  currency: 'USD',
  status: 'PENDING',
  reason: 'hush: it was broken',
  metadata: { note: 'hush' },
  attempts: 1,
  failureCode: null,
  gatewayRef: null,
  inDoubt: false,
  retryAfterMs: 1500,
  nextAttemptAtMs: Date.UTC(2026, 10, 23, 12, 0, 5),
  seq: 2,
  createdAtMs: Date.UTC(2026, 10, 23, 12, 0, 2),
  updatedAtMs: Date.UTC(2026, 10, 23, 12, 0, 3),
};

/** The same as it is read. */
export const refundNow: RefundNow = { ...refund, actions: ['look_now'] };
