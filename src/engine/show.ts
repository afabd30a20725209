import type { Payment } from '../domain/payment.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { toPayment } from './answer.ts';
import type { Engine } from './context.ts';

/** A payment as anyone outside may see it now. What waits to be called is not called while calls are stopped. */
export function showPayment({ gate, databaseClock, livemode }: Engine, record: PaymentRecord): Payment {
  const payment = toPayment(record, livemode);
  const stoppedMs = gate.callsStoppedMs();
  if (payment.nextAttemptAtMs === null || record.charge.step !== 'call' || stoppedMs === 0) return payment;
  const goesOnAtMs = databaseClock.nowMs() + stoppedMs;
  return { ...payment, nextAttemptAtMs: Math.max(payment.nextAttemptAtMs, goesOnAtMs) };
}
