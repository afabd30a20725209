/**
 * How far the database's clock may be believed about the time that has passed. A clock that is set forward looks just
 * like one that has waited, so elapsed time proves something only where a second clock, which nobody sets, agrees: the
 * monotonic clock of a process that has run all the time. What happened before a process began it cannot vouch for.
 */
export interface ClockTrust {
  /** Since then, by the database's clock, both clocks have counted the same time: since this process began, or a step. */
  readonly agreedSinceMs: number;
  /**
   * Whatever is dated before `agreedSinceMs` counts as having happened then, which is never too early: requests under a
   * lease that looks over may leave until its real end.
   */
  readonly countFromMs: number;
  /** By how much the clock was set back since this process began: so much older may be what the old clock has dated. */
  readonly setBackMs: number;
  /**
   * What is dated further ahead than this was dated by a clock that has been set back since. What is dated ahead by less may be
   * an estimate, or seem so to whoever knows the time only roughly: it is waited for.
   */
  readonly aheadMs: number;
  /** Disagreement that is not noticed. */
  readonly toleranceMs: number;
}

/** Both clocks have always agreed, to the millisecond. */
export const FULL_TRUST: ClockTrust = {
  agreedSinceMs: Number.NEGATIVE_INFINITY,
  countFromMs: Number.NEGATIVE_INFINITY,
  setBackMs: 0,
  aheadMs: Number.POSITIVE_INFINITY,
  toleranceMs: 0,
};

/** The latest moment at which something can have happened that is dated `statedMs`, by the clock that reads `nowMs`. */
export function latestMoment(statedMs: number, nowMs: number, trust: ClockTrust): number {
  const byOldClock = statedMs < trust.agreedSinceMs || statedMs > nowMs + trust.aheadMs;
  return byOldClock && Number.isFinite(trust.agreedSinceMs) ? trust.countFromMs : statedMs;
}

/** Whether the clock that reads `nowMs` can be believed about what is dated `statedMs`. */
export function isBelieved(statedMs: number, nowMs: number, trust: ClockTrust): boolean {
  return statedMs > trust.agreedSinceMs + trust.setBackMs && statedMs <= nowMs + trust.aheadMs;
}
