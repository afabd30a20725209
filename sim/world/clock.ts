/**
 * The clocks of one machine. The wall clock may be anything. The monotonic one counts from a start of its own, and
 * stands still while the machine is suspended; then timers do not run on either.
 */
import type { Life } from '../core/life.ts';
import type { Scheduler } from '../core/scheduler.ts';

export const WALL_ORIGIN_MS = 1_700_000_000_000;

export interface HostClock {
  monotonicMs(): number;
  wallMs(): number;
  /** Runs `callback` inside the process once the monotonic clock has gone on by `delayMs`; the returned function takes it back. */
  after(life: Life, delayMs: number, callback: () => void): () => void;
  /** The wall clock is set by hand. */
  skewWall(skewMs: number): void;
  suspend(): void;
  /** Runs once, when the machine is next suspended. */
  onSuspend(undo: () => void): void;
  /** @param wallStoodStill nobody told the machine what time it is, so that its wall clock has stood still as well. */
  wake(wallStoodStill: boolean): void;
  /** The wall clock is told the time that it missed. */
  correctWall(): void;
  readonly suspended: boolean;
  /** Both clocks have stood still, and nothing on this machine can tell. */
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
