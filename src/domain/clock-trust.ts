/**
 * How far to trust the database's clock about elapsed time. A clock that was set forward looks just like one that
 * has waited. So elapsed time proves something only if a second clock agrees that nobody sets: the monotonic clock
 * of a process that has run all the time. That clock says nothing about the time before the process started.
 */
export interface ClockTrust {
  /**
   * Since this moment, by the database's clock, both clocks have counted the same time: since this process started,
   * or since the clock was last set.
   */
  readonly agreedSinceMs: number;
  /**
   * Whatever is dated before this moment counts as having happened at it, which is never too early. It is after `agreedSinceMs` by the longest lease:
   * a request under a lease that only looks over may be sent until the lease really ends, and whoever holds one goes on to date by the old clock.
   */
  readonly countFromMs: number;
  /**
   * The same for what others may have written: it is after the last time without contact, when the clock could be
   * set back and forth unseen. Never before `countFromMs`.
   */
  readonly writtenFromMs: number;
  /** By how much the clock was set back since this process started. What was dated before that may be older by this much. */
  readonly setBackMs: number;
  /**
   * What is dated further in the future than this was dated by a clock that has been set back since. A date less
   * far in the future may be an estimate, or only look so to a process that knows the time roughly. It is waited
   * for.
   */
  readonly aheadMs: number;
  /** Disagreement up to this size is ignored. */
  readonly toleranceMs: number;
}

/** Both clocks have always agreed, to the millisecond. */
export const FULL_TRUST: ClockTrust = {
  agreedSinceMs: Number.NEGATIVE_INFINITY,
  countFromMs: Number.NEGATIVE_INFINITY,
  writtenFromMs: Number.NEGATIVE_INFINITY,
  setBackMs: 0,
  aheadMs: Number.POSITIVE_INFINITY,
  toleranceMs: 0,
};

/** The latest moment at which something that is stored with the date `statedMs` can have happened, by the clock that now reads `nowMs`. */
export function latestMoment(statedMs: number, nowMs: number, trust: ClockTrust): number {
  return countedFrom(trust.writtenFromMs, statedMs, nowMs, trust);
}

/** The same for a date that was known at the start, and that nobody writes. */
export function latestMomentOfKnown(statedMs: number, nowMs: number, trust: ClockTrust): number {
  return countedFrom(trust.countFromMs, statedMs, nowMs, trust);
}

/** The date itself, or `fromMs` if it is not known to be by the clock as it is now. */
function countedFrom(
  fromMs: number,
  statedMs: number,
  nowMs: number,
  { aheadMs }: Pick<ClockTrust, 'aheadMs'>,
): number {
  return statedMs < fromMs || statedMs > nowMs + aheadMs ? fromMs : statedMs;
}

/**
 * Whether something dated `statedMs` is no older than the clock that now reads `nowMs` makes it look. If the clock
 * was set back, whoever held a lease went on to date by the old clock until the lease ended.
 */
export function isBelieved(statedMs: number, nowMs: number, trust: ClockTrust): boolean {
  const { agreedSinceMs, countFromMs, setBackMs, aheadMs } = trust;
  const fromMs = setBackMs > 0 ? countFromMs + setBackMs : agreedSinceMs;
  return statedMs > fromMs && statedMs <= nowMs + aheadMs;
}
