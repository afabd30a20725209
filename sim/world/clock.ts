/**
 * The clocks of one machine. The wall clock may show anything. The monotonic one counts from an origin of its own, and
 * stops while the machine is suspended. Timers stop with it.
 */
import type { Life } from '../core/life.ts';
import type { Scheduler } from '../core/scheduler.ts';

export const WALL_ORIGIN_MS = 1_700_000_000_000;

export interface HostClock {
  monotonicMs(): number;
  wallMs(): number;
  /** Runs `callback` inside the process after `delayMs` of the monotonic clock. The returned function cancels it. */
  after(life: Life, delayMs: number, callback: () => void): () => void;
  /** Sets the wall clock `skewMs` ahead of the true time. Negative: behind it. */
  skewWall(skewMs: number): void;
  suspend(): void;
  /** Runs `undo` once, when the machine is next suspended. */
  onSuspend(undo: () => void): void;
  /** @param wallStoodStill the wall clock stopped as well, and has not been corrected yet. */
  wake(wallStoodStill: boolean): void;
  /** Adds the time that the wall clock missed. */
  correctWall(): void;
  readonly suspended: boolean;
  /** Both clocks were stopped, and nothing on this machine can know it. */
  readonly blind: boolean;
}

export function createHostClock(scheduler: Scheduler, originMs: number): HostClock {
  let skewMs = 0;
  let suspendedAtMs: number | null = null;
  let stoodStillMs = 0;
  let wallMissedMs = 0;
  let undos: (() => void)[] = [];
  const monotonicMs = (): number => originMs + (suspendedAtMs ?? scheduler.nowMs) - stoodStillMs;
  return {
    monotonicMs,
    wallMs: () => WALL_ORIGIN_MS + scheduler.nowMs + skewMs - wallMissedMs,
    after(life, delayMs, callback) {
      const dueMs = monotonicMs() + delayMs;
      let cancel = life.deliver(delayMs, ring);
      function ring(): void {
        const leftMs = dueMs - monotonicMs();
        if (leftMs > 0) cancel = life.deliver(leftMs, ring);
        else callback();
      }
      return () => cancel();
    },
    skewWall(skewedMs) {
      skewMs = skewedMs;
    },
    suspend() {
      suspendedAtMs ??= scheduler.nowMs;
      for (const undo of undos) undo();
      undos = [];
    },
    onSuspend: (undo) => void undos.push(undo),
    wake(wallStoodStill) {
      if (suspendedAtMs === null) return;
      const sleptMs = scheduler.nowMs - suspendedAtMs;
      suspendedAtMs = null;
      stoodStillMs += sleptMs;
      if (wallStoodStill) wallMissedMs += sleptMs;
    },
    correctWall() {
      wallMissedMs = 0;
    },
    get suspended() {
      return suspendedAtMs !== null;
    },
    get blind() {
      return wallMissedMs > 0;
    },
  };
}
