import type { Clock } from '../ports/clock.ts';

/** A counting semaphore whose waiters give up: nobody queues longer than its lease allows. */
export interface Slots {
  /** Resolves to the function that frees the slot, or to null when none came free within `waitMs`. */
  acquire(waitMs: number): Promise<(() => void) | null>;
  /** Slots free right now. */
  free(): number;
  /** From now on nobody gets a slot; who waits is told so at once. */
  close(): void;
}

export function createSlots(count: number, clock: Clock): Slots {
  let free = count;
  let closed = false;
  // Insertion order is queue order, and a waiter that gives up is removed in constant time.
  const queue = new Set<{ wake(): void; giveUp(): void }>();

  function release(): void {
    free += 1;
    const [next] = queue;
    next?.wake();
  }

  function take(): () => void {
    free -= 1;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      release();
    };
  }

  return {
    free: () => free,
    close() {
      closed = true;
      for (const waiter of queue) waiter.giveUp();
    },
    acquire(waitMs) {
      if (closed || (free <= 0 && waitMs <= 0)) return Promise.resolve(null);
      if (free > 0) return Promise.resolve(take());
      return new Promise((resolve) => {
        const end = (result: (() => void) | null): void => {
          cancel();
          queue.delete(waiter);
          resolve(result);
        };
        const waiter = { wake: () => end(take()), giveUp: () => end(null) };
        const cancel = clock.after(waitMs, waiter.giveUp);
        queue.add(waiter);
      });
    },
  };
}
