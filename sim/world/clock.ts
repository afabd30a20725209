/** The clocks of one host: the wall clock may be anything, and the monotonic one counts from a start of its own. */
import type { Life } from '../core/life.ts';
import type { Scheduler } from '../core/scheduler.ts';

export const WALL_ORIGIN_MS = 1_700_000_000_000;

export interface HostClock {
  monotonicMs(): number;
  wallMs(): number;
  /** Runs `callback` inside the process once the monotonic clock has gone on by `delayMs`; the returned function takes it back. */
  after(life: Life, delayMs: number, callback: () => void): () => void;
  /** The wall clock is set. */
  skewWall(skewMs: number): void;
}

export function createHostClock(scheduler: Scheduler, originMs: number): HostClock {
  let wallSkewMs = 0;
  const monotonicMs = (): number => originMs + scheduler.nowMs;
  return {
    monotonicMs,
    wallMs: () => WALL_ORIGIN_MS + scheduler.nowMs + wallSkewMs,
    after: (life, delayMs, callback) => life.deliver(delayMs, callback),
    skewWall(skewMs) {
      wallSkewMs = skewMs;
    },
  };
}
