/** The statements of `Store.witnessClock` and `Store.startWaitsAgain`; see `src/postgres/clock.ts`. */
import type { ClockReading, ClockWitness } from '../../src/ports/store.ts';
import { put } from './committed.ts';
import type { PaymentRow } from './rows.ts';
import { type Context, INSTALLATION_LOCK, orderLock, type Statement } from './statement.ts';
import type { Change } from './types.ts';

/** As the real store's: what a step back can still confuse. */
const STEP_MATTERS_MS = 30 * 86_400_000;
const FUTURE_MS = 1000;

export function witnessClock(context: Context, reading: ClockReading): Statement<ClockWitness> {
  const { committed, nowMs } = context;
  const apply = (): ClockWitness => {
    const { last, steppedAtMs, steppedBackMs } = committed.clock;
    const back = reading.steppedBackMs;
    committed.clock = {
      last: { atMs: nowMs, wallMs: reading.wallMs },
      steppedAtMs: back === null ? steppedAtMs : nowMs,
      steppedBackMs:
        back === null
          ? steppedBackMs
          : Math.max(back, 0) + ((steppedAtMs ?? nowMs) < nowMs - STEP_MATTERS_MS ? 0 : steppedBackMs),
    };
    return { nowMs, last, steppedAtMs, steppedBackMs };
  };
  return { locks: [INSTALLATION_LOCK], proceeds: () => true, apply, otherwise: apply };
}

export function startWaitsAgain(context: Context, gateway: string): Statement<number> {
  const { committed, nowMs } = context;
  const waits = ({ dueAtMs, updatedAtMs, ...payment }: PaymentRow): boolean =>
    payment.gateway === gateway &&
    dueAtMs !== null &&
    dueAtMs > nowMs &&
    updatedAtMs > nowMs + FUTURE_MS &&
    dueAtMs >= updatedAtMs;
  const snapshot = [...committed.rows].filter(([, { payment }]) => waits(payment)).map(([order]) => order);

  function again(order: string, changes: Change[]): boolean {
    const before = committed.rows.get(order);
    if (before === undefined || !waits(before.payment)) return false;
    const { payment } = before;
    const dueAtMs = nowMs + ((payment.dueAtMs ?? nowMs) - payment.updatedAtMs);
    const after = { ...before, payment: { ...payment, dueAtMs } };
    put(committed, after);
    changes.push({
      kind: 'startWaitsAgain',
      accountId: payment.order.accountId,
      orderId: payment.order.orderId,
      paymentId: payment.paymentId,
      before: payment,
      after: after.payment,
      rowBefore: before,
      rowAfter: after,
      event: null,
      args: gateway,
    });
    return true;
  }

  const apply = (changes: Change[]): number => snapshot.filter((order) => again(order, changes)).length;
  return { locks: snapshot.map(orderLock), proceeds: () => true, apply, otherwise: apply };
}
