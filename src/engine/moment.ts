/**
 * One moment by both clocks of this machine, because neither is enough. The monotonic clock stops while the machine
 * is suspended (Linux: CLOCK_MONOTONIC, see clock_gettime(2)). The wall clock goes on, but can be set.
 */
import type { Clock } from '../ports/clock.ts';

export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
}

/** The time since then, or more: the larger of what the two clocks say. For what must not last too long. */
export function atMostSinceMs(clock: Clock, then: Moment): number {
  return Math.max(clock.monotonicMs() - then.monotonicMs, clock.wallMs() - then.wallMs);
}

/**
 * Whether the wall clock was set back by more than `byMs` since then: it has counted that much less time than the
 * monotonic one.
 */
export function wasSetBack(clock: Clock, then: Moment, byMs: number): boolean {
  const wentBackMs = clock.monotonicMs() - then.monotonicMs - (clock.wallMs() - then.wallMs);
  return wentBackMs > byMs;
}
