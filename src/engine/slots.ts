import type { Clock } from '../ports/clock.ts';

/** Gives a slot back; to call it again does nothing. */
export type Free = () => void;

/** Who waits for a slot, as long as it takes. */
export interface Waiter {
  /** Since when it could have gone on, by the database's clock. */
  readonly dueAtMs: number;
  onSlot(free: Free): void;
}

/** A counting semaphore. Who waits is served in turn, and before anybody who comes later. */
export interface Slots {
  /** A slot now; null: none is free, or they are closed. */
  take(): Free | null;
  /** Calls `onSlot` when it is the waiter's turn, if `take` had none. Call what is returned to wait no longer. */
  wait(waiter: Waiter): () => void;
  /** For work under way, which goes on when the slots are closed; null: none came free within `waitMs`. */
  takeWithin(waitMs: number): Promise<Free | null>;
  /** Who is next; null: nobody waits. */
  first(): Waiter | null;
  /** Slots free right now. */
  free(): number;
  /** One who has a slot could not use it: none is given out that the others do not give back, and then slowly more again. */
  shrink(): void;
  /** Nothing new gets a slot from now on. */
  close(): void;
}

/** From none to 256 again in half a minute; and where only some can be used, few are given out in vain. */
const GROW_EVERY_MS = 1000;
const GROW_BY = 0.25;

export function createSlots(count: number, clock: Clock): Slots {
  let free = count;
  /** How many may be taken at once. */
  let allowed = count;
  let stopGrowing: (() => void) | null = null;
  let closed = false;
  let serving = false;
  // Insertion order is queue order, and a waiter that gives up is removed in constant time.
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

  /** A loop and no recursion: whoever is served may give the slot back at once, and thousands may wait. */
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

  /** Also where one is free: while those who wait are served, nobody comes between. */
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
