/** What a worker takes up as one: a payment with its current charge, or a follow-up. Each is one row with one lock. */
import type { FollowUpRecord, PaymentKey, PaymentRecord } from '../ports/store.ts';

/** The id of that row. What a process keeps in memory is kept under it. */
export function unitOf(record: PaymentRecord): string {
  return isFollowUp(record) ? record.followUp.id : record.paymentId;
}

/** How the log names it. */
export function namesOf(record: PaymentRecord): Readonly<Record<string, unknown>> {
  const payment = { payment_id: record.paymentId };
  if (!isFollowUp(record)) return payment;
  return { ...payment, [`${record.operation.kind}_id`]: record.followUp.name };
}

export function paymentKey(record: PaymentRecord): PaymentKey {
  const { accountId, orderId } = record.order;
  return { accountId, orderId, paymentId: record.paymentId };
}

/** What it moves or has moved at the gateway, in minor units, as far as is known here. */
export function amountOf(record: PaymentRecord): number {
  return (isFollowUp(record) ? record.settledMinor : null) ?? record.order.amountMinor;
}

/** It is no charge. */
export function isFollowUp(record: PaymentRecord): record is FollowUpRecord {
  return 'followUp' in record;
}
