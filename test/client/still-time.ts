/** Time that passes only while nothing happens: then at once up to the next timer. So no test sleeps, and a minute takes no time. */
import type { Environment } from '../../src/client/environment.ts';

export interface StillTime extends Environment {
  /** While this promise is not settled, no time passes. */
  busy<T>(promise: Promise<T>): Promise<T>;
  /** How long each pause and each wait was, in the order in which they ended by themselves. */
  readonly ended: readonly number[];
}

interface Timer {
  readonly dueMs: number;
  readonly delayMs: number;
  readonly callback: () => void;
}

/** `roll`: every random draw. */
export function createStillTime(roll = 0.5): StillTime {
  const timers = new Set<Timer>();
  const ended: number[] = [];
  let nowMs = 0;
  let busy = 0;

  function passSoon(): void {
    setImmediate(() => {
      const next = [...timers].sort((one, other) => one.dueMs - other.dueMs)[0];
      if (busy > 0 || next === undefined) return;
      timers.delete(next);
      nowMs = next.dueMs;
      ended.push(next.delayMs);
      next.callback();
      passSoon();
    });
  }

  return {
    nowMs: () => nowMs,
    random: () => roll,
    ended,
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, delayMs, callback };
      timers.add(timer);
      passSoon();
      return () => void timers.delete(timer);
    },
    async busy(promise) {
      busy += 1;
      try {
        return await promise;
      } finally {
        busy -= 1;
        passSoon();
      }
    },
  };
}
