import type { Payment } from '../domain/payment.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { toPayment } from './answer.ts';
import type { Engine } from './context.ts';
import { nextActionOf } from './two-steps/action.ts';

/** A payment as the outside may see it now. */
export function showPayment(engine: Engine, record: PaymentRecord): Payment {
  const payment = toPayment(record, engine.livemode);
  return { ...payment, nextAttemptAtMs: nextAttemptMs(engine, record, payment.nextAttemptAtMs) };
}

/** The same, with what the customer must do at a gateway of two steps: that is stored apart. */
export async function showPaymentNow(engine: Engine, record: PaymentRecord): Promise<Payment> {
  return { ...showPayment(engine, record), nextAction: await nextActionOf(engine, record) };
}

/** While calls are stopped, the next call is not before they go on. What is already due is taken up from now on. Null stays null. */
export function nextAttemptMs(
  { gate, databaseClock }: Pick<Engine, 'gate' | 'databaseClock'>,
  { operation }: PaymentRecord,
  storedMs: number | null,
): number | null {
  if (storedMs === null) return null;
  const stoppedMs = operation.step === 'call' ? gate.callsStoppedMs(operation.kind) : 0;
  return Math.max(storedMs, Math.ceil(databaseClock.nowMs() + stoppedMs));
}
