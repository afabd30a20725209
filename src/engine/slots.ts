/**
 * Slots for what is under way at once. Charges and follow-ups take them from one supply. Follow-ups get a share of it, so that those
 * which hang hold up no charge.
 */
import { EFFECTS, type EffectKind } from '../domain/effects.ts';
import type { Clock } from '../ports/clock.ts';

/** Gives a slot back. Calling it again does nothing. */
export type Free = () => void;

/** Waits for a slot, as long as it takes. */
export interface Waiter {
  /** Since when it could have continued, by the database's clock. */
  readonly dueAtMs: number;
  onSlot(free: Free): void;
}

/**
 * A counting semaphore. Waiters are served in turn, and before anyone who comes later. Only those who wait because the share of
 * follow-ups is used up are passed over.
 */
export interface Slots {
  /** A slot now. Null: none is free, or the slots are closed. */
  take(): Free | null;
  /** Calls `onSlot` when it is the waiter's turn. For use after `take` had none. The returned function ends the wait. */
  wait(waiter: Waiter): () => void;
  /** For work under way, which goes on after the slots are closed. Null: none became free within `waitMs`. */
  takeWithin(waitMs: number): Promise<Free | null>;
  /** The next waiter here. Null: none waits. */
  first(): Waiter | null;
  /** Slots free right now. */
  free(): number;
}

/** All slots, as charges use them. */
export interface AllSlots extends Slots {
  /** The same slots, as follow-ups use them: see `shareOf`. */
  readonly share: Slots;
  /** A holder could not use its slot. From now on there are only as many as the other holders have, and slowly more again. */
  shrink(): void;
  /** From now on `take` gives out no slot. */
  close(): void;
}

/** The slots as this kind of effect uses them. */
export function slotsFor(slots: AllSlots, kind: EffectKind): Slots {
  return EFFECTS[kind].followUp === null ? slots : slots.share;
}

/** How much all follow-ups together get of what they share with charges: half of it, but at least one. Charges may use all of it. */
export function shareOf(count: number): number {
  return Math.max(1, Math.floor(count / 2));
}

/** From none to 256 again in half a minute. If only some can be used, few are given out uselessly. */
const GROW_EVERY_MS = 1000;
const GROW_BY = 0.25;

/** Those who use the slots in the same way. */
interface Line {
  /** Who waits, and the number of its turn. Insertion order is queue order. A waiter that gives up is removed in constant time. */
  readonly queue: Map<Waiter, number>;
  held: number;
}

export function createSlots(count: number, clock: Clock): AllSlots {
  let free = count;
  /** How many may be taken at once. */
  let allowed = count;
  let stopGrowing: (() => void) | null = null;
  let closed = false;
  let serving = false;
  let turns = 0;
  const charges: Line = { queue: new Map(), held: 0 };
  const followUps: Line = { queue: new Map(), held: 0 };

  function takeOne(line: Line): Free {
    free -= 1;
    line.held += 1;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      free += 1;
      line.held -= 1;
      if (charges.queue.size + followUps.queue.size > 0) serve();
    };
  }

  /** A loop instead of recursion: a waiter may give its slot back at once, and thousands may wait. */
  function serve(): void {
    if (serving) return;
    serving = true;
    try {
      for (let line = nextLine(); left() > 0 && line !== null; line = nextLine()) {
        const [next] = line.queue.keys();
        if (next === undefined) return;
        line.queue.delete(next);
        next.onSlot(takeOne(line));
      }
    } finally {
      serving = false;
    }
  }

  /** Where the waiter is that is served next. Null: nobody waits who may have a slot. */
  function nextLine(): Line | null {
    if (followUps.queue.size === 0 || isShareTaken()) return charges.queue.size > 0 ? charges : null;
    return turnOf(charges) < turnOf(followUps) ? charges : followUps;
  }

  function turnOf({ queue }: Line): number {
    const [turn = Number.POSITIVE_INFINITY] = queue.values();
    return turn;
  }

  function left(): number {
    return free - (count - allowed);
  }

  function isShareTaken(): boolean {
    return followUps.held >= shareOf(allowed);
  }

  /** Also true if a slot is free but others wait for it: nobody jumps the queue. */
  function isTaken(line: Line): boolean {
    if (left() <= 0 || nextLine() !== null) return true;
    return line === followUps && isShareTaken();
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

  function slotsOf(line: Line): Slots {
    function wait(waiter: Waiter): () => void {
      turns += 1;
      line.queue.set(waiter, turns);
      return () => void line.queue.delete(waiter);
    }
    return {
      take: () => (closed || isTaken(line) ? null : takeOne(line)),
      wait,
      takeWithin(waitMs) {
        if (!isTaken(line)) return Promise.resolve(takeOne(line));
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
      first: () => line.queue.keys().next().value ?? null,
      free() {
        const all = Math.max(0, left());
        return line === charges ? all : Math.max(0, Math.min(all, shareOf(allowed) - line.held));
      },
    };
  }

  return {
    ...slotsOf(charges),
    share: slotsOf(followUps),
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
