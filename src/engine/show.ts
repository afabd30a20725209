import type { Payment } from '../domain/payment.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { toPayment } from './answer.ts';
import type { Engine } from './context.ts';

/**
 * A payment as anyone outside may see it now. What waits to be called is not called while calls are stopped, and what is due already is
 * taken up from now on.
 */
export function showPayment({ gate, databaseClock, livemode }: Engine, record: PaymentRecord): Payment {
  const payment = toPayment(record, livemode);
  if (payment.nextAttemptAtMs === null) return payment;
  const stoppedMs = record.charge.step === 'call' ? gate.callsStoppedMs() : 0;
  const earliestMs = Math.ceil(databaseClock.nowMs() + stoppedMs);
  return { ...payment, nextAttemptAtMs: Math.max(payment.nextAttemptAtMs, earliestMs) };
}
