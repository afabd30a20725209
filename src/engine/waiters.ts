import type { Clock } from '../ports/clock.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { unitOf } from './unit.ts';

/** The requests that wait for a payment, or for a follow-up. They wake when this process writes something about it. */
export interface Waiters {
  /** Resolves to the record at the next change that `wanted` accepts, or to null after `waitMs`. */
  next(
    unit: string,
    waitMs: number,
    wanted: (record: PaymentRecord) => boolean,
  ): Promise<PaymentRecord | null>;
  changed(record: PaymentRecord): void;
  /** This process no longer drives it: requests that wait for it must read it themselves. */
  released(unit: string): void;
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

  function remove(unit: string, waiter: Waiter): void {
    const waiters = waiting.get(unit);
    waiters?.delete(waiter);
    if (waiters?.size === 0) waiting.delete(unit);
  }

  return {
    next(unit, waitMs, wanted) {
      if (closed || waitMs <= 0) return Promise.resolve(null);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          wanted,
          end(record) {
            cancel();
            remove(unit, waiter);
            resolve(record);
          },
        };
        const cancel = clock.after(waitMs, () => waiter.end(null));
        const waiters = waiting.get(unit);
        if (waiters === undefined) waiting.set(unit, new Set([waiter]));
        else waiters.add(waiter);
      });
    },
    changed(record) {
      const waiters = waiting.get(unitOf(record));
      if (waiters === undefined) return;
      for (const waiter of waiters) if (waiter.wanted(record)) waiter.end(record);
    },
    released(unit) {
      for (const waiter of waiting.get(unit) ?? []) waiter.end(null);
    },
    closed: () => closed,
    close() {
      closed = true;
      for (const waiters of waiting.values()) for (const waiter of waiters) waiter.end(null);
    },
  };
}
