/**
 * How late this program reads, because the machine is busy. What it read may have come earlier. So nobody is blamed for a request that left in
 * time and was read late.
 */

export interface Stalls {
  /** Notes that the program has come round once more. */
  tick(nowMs: number): void;
  /** By how much something that was read at this moment may have come earlier. 0: it cannot matter. */
  lateMs(readMs: number): number;
}

const TICK_MS = 20;
/** A round that takes longer is a slow one. */
const SLOW_MS = 60;
/** Node takes one new connection in each round. So with many slow rounds, connections wait in a queue, for seconds. */
const WINDOW_MS = 5_000;
/** So much of the window in slow rounds, and nobody can tell. */
const BUSY_MS = 500;
/** A quarter of an hour. */
const KEPT_TICKS = 45_000;

export function createStalls(startMs: number): Stalls {
  const ticks: number[] = [startMs];

  /** The slow rounds that ended in the window before this moment, and the one that is under way. */
  function slowMs(readMs: number): number {
    let sum = 0;
    let untilMs = readMs;
    for (let index = ticks.findLastIndex((ms) => ms <= readMs); index >= 0; index -= 1) {
      const fromMs = ticks[index] ?? untilMs;
      if (untilMs - fromMs > SLOW_MS) sum += untilMs - fromMs;
      if (readMs - fromMs > WINDOW_MS) break;
      untilMs = fromMs;
    }
    return sum;
  }

  return {
    tick(nowMs) {
      ticks.push(nowMs);
      if (ticks.length > 2 * KEPT_TICKS) ticks.splice(0, KEPT_TICKS);
    },
    lateMs: (readMs) => (slowMs(readMs) > BUSY_MS ? WINDOW_MS : 0),
  };
}

/** Watches this program until `stop`. */
export function watchStalls(): Stalls & { stop(): void } {
  const stalls = createStalls(performance.now());
  const timer = setInterval(() => stalls.tick(performance.now()), TICK_MS);
  return { ...stalls, stop: () => clearInterval(timer) };
}
