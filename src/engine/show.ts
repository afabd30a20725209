import type { Payment } from '../domain/payment.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { toPayment } from './answer.ts';
import type { Engine } from './context.ts';

/**
 * A payment as the outside may see it now. While calls are stopped, the next call is not before they go on. What is
 * already due is taken up from now on.
 */
export function showPayment({ gate, databaseClock, livemode }: Engine, record: PaymentRecord): Payment {
  const payment = toPayment(record, livemode);
  if (payment.nextAttemptAtMs === null) return payment;
  const stoppedMs = record.operation.step === 'call' ? gate.callsStoppedMs() : 0;
  const earliestMs = Math.ceil(databaseClock.nowMs() + stoppedMs);
  return { ...payment, nextAttemptAtMs: Math.max(payment.nextAttemptAtMs, earliestMs) };
}
