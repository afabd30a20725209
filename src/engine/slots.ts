import type { Clock } from '../ports/clock.ts';

/** Gives a slot back. Calling it again does nothing. */
export type Free = () => void;

/** Waits for a slot, as long as it takes. */
export interface Waiter {
  /** Since when it could have continued, by the database's clock. */
  readonly dueAtMs: number;
  onSlot(free: Free): void;
}

/** A counting semaphore. Waiters are served in turn, and before anyone who comes later. */
export interface Slots {
  /** A slot now. Null: none is free, or the slots are closed. */
  take(): Free | null;
  /** Calls `onSlot` when it is the waiter's turn. For use after `take` had none. The returned function ends the wait. */
  wait(waiter: Waiter): () => void;
  /** For work under way, which goes on after the slots are closed. Null: none became free within `waitMs`. */
  takeWithin(waitMs: number): Promise<Free | null>;
  /** The next waiter. Null: none waits. */
  first(): Waiter | null;
  /** Slots free right now. */
  free(): number;
  /** A holder could not use its slot. From now on there are only as many as the other holders have, and slowly more again. */
  shrink(): void;
  /** From now on `take` gives out no slot. */
  close(): void;
}

/** From none to 256 again in half a minute. If only some can be used, few are given out uselessly. */
const GROW_EVERY_MS = 1000;
const GROW_BY = 0.25;

export function createSlots(count: number, clock: Clock): Slots {
  let free = count;
  /** How many may be taken at once. */
  let allowed = count;
  let stopGrowing: (() => void) | null = null;
  let closed = false;
  let serving = false;
  // Insertion order is queue order. A waiter that gives up is removed in constant time.
  const queue = new Set<Waiter>();

  function takeOne(): Free {
    free -= 1;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      free += 1;
      if (queue.size > 0) serve();
    };
  }

  /** A loop instead of recursion: a waiter may give its slot back at once, and thousands may wait. */
  function serve(): void {
    if (serving) return;
    serving = true;
    try {
      while (left() > 0) {
        const [next] = queue;
        if (next === undefined) return;
        queue.delete(next);
        next.onSlot(takeOne());
      }
    } finally {
      serving = false;
    }
  }

  function left(): number {
    return free - (count - allowed);
  }

  /** Also true if a slot is free but others wait: nobody jumps the queue. */
  function isTaken(): boolean {
    return left() <= 0 || queue.size > 0;
  }

  function growSoon(): void {
    stopGrowing?.();
    stopGrowing = clock.after(GROW_EVERY_MS, () => {
      stopGrowing = null;
      allowed = Math.min(count, allowed + Math.max(1, Math.ceil(allowed * GROW_BY)));
      if (allowed < count) growSoon();
      serve();
    });
  }

  function wait(waiter: Waiter): () => void {
    queue.add(waiter);
    return () => void queue.delete(waiter);
  }

  return {
    take: () => (closed || isTaken() ? null : takeOne()),
    wait,
    takeWithin(waitMs) {
      if (!isTaken()) return Promise.resolve(takeOne());
      if (waitMs <= 0) return Promise.resolve(null);
      return new Promise((resolve) => {
        const leave = wait({
          dueAtMs: Number.POSITIVE_INFINITY,
          onSlot(slot) {
            cancel();
            resolve(slot);
          },
        });
        const cancel = clock.after(waitMs, () => {
          leave();
          resolve(null);
        });
      });
    },
    first: () => queue.values().next().value ?? null,
    free: () => Math.max(0, left()),
    shrink() {
      allowed = Math.max(0, Math.min(allowed, count - free - 1));
      growSoon();
    },
    close() {
      closed = true;
      stopGrowing?.();
      allowed = count;
    },
  };
}
