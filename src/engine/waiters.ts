import type { Clock } from '../ports/clock.ts';
import type { PaymentRecord } from '../ports/store.ts';

/** The requests that wait for a payment. They wake when this process writes something about it. */
export interface Waiters {
  /** Resolves to the record at the next change that `wanted` accepts, or to null after `waitMs`. */
  next(
    paymentId: string,
    waitMs: number,
    wanted: (record: PaymentRecord) => boolean,
  ): Promise<PaymentRecord | null>;
  changed(record: PaymentRecord): void;
  /** This process no longer drives the payment: requests that wait for it must read it themselves. */
  released(paymentId: string): void;
  /** Ends every wait with null. */
  close(): void;
  closed(): boolean;
}

interface Waiter {
  wanted(record: PaymentRecord): boolean;
  end(record: PaymentRecord | null): void;
}

export function createWaiters(clock: Clock): Waiters {
  const waiting = new Map<string, Set<Waiter>>();
  let closed = false;

  function remove(paymentId: string, waiter: Waiter): void {
    const waiters = waiting.get(paymentId);
    waiters?.delete(waiter);
    if (waiters?.size === 0) waiting.delete(paymentId);
  }

  return {
    next(paymentId, waitMs, wanted) {
      if (closed || waitMs <= 0) return Promise.resolve(null);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          wanted,
          end(record) {
            cancel();
            remove(paymentId, waiter);
            resolve(record);
          },
        };
        const cancel = clock.after(waitMs, () => waiter.end(null));
        const waiters = waiting.get(paymentId);
        if (waiters === undefined) waiting.set(paymentId, new Set([waiter]));
        else waiters.add(waiter);
      });
    },
    changed(record) {
      const waiters = waiting.get(record.paymentId);
      if (waiters === undefined) return;
      for (const waiter of waiters) if (waiter.wanted(record)) waiter.end(record);
    },
    released(paymentId) {
      for (const waiter of waiting.get(paymentId) ?? []) waiter.end(null);
    },
    closed: () => closed,
    close() {
      closed = true;
      for (const waiters of waiting.values()) for (const waiter of waiters) waiter.end(null);
    },
  };
}
