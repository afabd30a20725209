import type { Clock } from '../ports/clock.ts';
import type { PaymentRecord } from '../ports/store.ts';

/** Who waits for a payment, woken by whatever this process writes about it. */
export interface Waiters {
  /** Resolves to the record at the next change that `wanted` accepts, or to null after `waitMs`. */
  next(
    paymentId: string,
    waitMs: number,
    wanted: (record: PaymentRecord) => boolean,
  ): Promise<PaymentRecord | null>;
  changed(record: PaymentRecord): void;
  /** Nobody here drives the payment any more: whoever waits for it looks for itself. */
  released(paymentId: string): void;
  /** Sends everybody home: each wait ends with null. */
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
