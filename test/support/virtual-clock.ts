import type { Clock } from '../../src/ports/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that moves only when the test moves it. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, and runs what falls due on the way, in the order of time. */
  advance(ms: number): void;
}

export function createVirtualClock(): VirtualClock {
  let nowMs = 1000;
  const timers = new Set<Timer>();

  function nextBefore(endMs: number): Timer | undefined {
    const due = [...timers].filter((timer) => timer.atMs <= endMs);
    return due.sort((a, b) => a.atMs - b.atMs)[0];
  }

  return {
    monotonicMs: () => nowMs,
    wallMs: () => 1_700_000_000_000 + nowMs,
    after(delayMs, callback) {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const endMs = nowMs + ms;
      for (let timer = nextBefore(endMs); timer !== undefined; timer = nextBefore(endMs)) {
        timers.delete(timer);
        nowMs = timer.atMs;
        timer.callback();
      }
      nowMs = endMs;
    },
  };
}
