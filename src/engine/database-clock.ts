/**
 * The time at the database, and since when its clock can be trusted. Each answer with the database's time was given
 * between two readings of our monotonic clock, so the difference between the two clocks lies in a known interval.
 * While these intervals overlap, both clocks count the same time. When two of them do not overlap, one clock was
 * set. About the time before this process started nothing is known: what is dated earlier counts as having happened
 * at the start. After a time without contact it counts as having happened by its end: the clock may have been set
 * back and forth meanwhile, and others may have written wrong dates by it.
 */
import type { ClockTrust } from '../domain/clock-trust.ts';
import type { Clock } from '../ports/clock.ts';
import { atMostSinceMs, type Moment } from './moment.ts';

export interface DatabaseClock {
  /** Notes the database's time from an answer that was received just now. `sent`: when its request was sent. */
  note(databaseMs: number, sent: Moment): void;
  /** The database's clock now, never too early as far as our own clocks can tell. */
  nowMs(): number;
  /** The database's clock now, never too late: by our monotonic clock, counted from when both agreed. */
  atLeastMs(): number;
  trust(): ClockTrust;
  /** How often the clock was found to have been set. Times from before and after such a step must not be compared. */
  steps(): number;
  /** The steps that have not been handled yet. Null: none. */
  unhandled(): Steps | null;
  /** The steps were handled. */
  handled(): void;
  /** The longest lease of all processes that ever ran on this database. One that started later may have a longer one than any before. */
  learnLease(longestLeaseMs: number): void;
}

/** By how much the clock was set in total, in each direction. */
export interface Steps {
  readonly backMs: number;
  readonly forwardMs: number;
}

export interface DatabaseClockStart {
  readonly databaseMs: number;
  readonly sent: Moment;
  readonly longestLeaseMs: number;
  /** After so long without an answer from the database, it may have been set forth and back unseen. Default 5000. */
  readonly blindAfterMs?: number;
}

/** Two correct clocks drift apart by less than this (NTP slews by 500 ppm at most, RFC 5905 and adjtime). */
const DRIFT = 0.001;
/** Smaller differences are added up. They are a step once they reach this sum within `SLIPS_FOR_MS`. */
const SLIP_MS = 500;
const SLIPS_FOR_MS = 10 * 60_000;
/** A doubt may be dated up to a lease ahead, and the time from a slow database is not more exact than this. */
const ROUGHLY_MS = 60_000;
/** Steps up to this size may go unnoticed, so proofs wait this much longer. */
const TOLERANCE_MS = 2 * SLIP_MS;

export function createDatabaseClock(clock: Clock, start: DatabaseClockStart): DatabaseClock {
  const { blindAfterMs = 5000 } = start;
  let { longestLeaseMs } = start;
  let last: { readonly databaseMs: number; readonly sent: Moment };
  /** The database's clock minus our monotonic one, when ours read `atMs`. */
  let offset: { readonly low: number; readonly high: number; readonly atMs: number };
  let slips = { ms: 0, sinceMs: clock.monotonicMs() };
  let unhandled: Steps | null = null;
  let steps = 0;
  let agreedSinceMs = start.databaseMs;
  /** The end of the last time without contact, after `agreedSinceMs`. Until then others may have written wrong dates unseen. */
  let contactSinceMs = start.databaseMs;
  let setBackMs = 0;
  begin(start.databaseMs, start.sent);

  function begin(databaseMs: number, sent: Moment): void {
    const nowMs = clock.monotonicMs();
    last = { databaseMs, sent };
    offset = { low: databaseMs - nowMs, high: databaseMs - sent.monotonicMs, atMs: nowMs };
  }

  /** The gap between the intervals. 0: they overlap. Positive: the database's clock is ahead. */
  function gap(low: number, high: number, driftMs: number): number {
    if (low > offset.high + driftMs) return low - offset.high - driftMs;
    if (high < offset.low - driftMs) return high - offset.low + driftMs;
    return 0;
  }

  function slip(nowMs: number, gapMs: number): boolean {
    if (nowMs - slips.sinceMs > SLIPS_FOR_MS) slips = { ms: 0, sinceMs: nowMs };
    slips = { ...slips, ms: slips.ms + Math.abs(gapMs) };
    return slips.ms >= SLIP_MS;
  }

  function stepped(databaseMs: number, aheadMs: number): void {
    const backMs = Math.max(-aheadMs, 0);
    steps += 1;
    agreedSinceMs = databaseMs;
    contactSinceMs = databaseMs;
    setBackMs += backMs;
    unhandled = {
      backMs: (unhandled?.backMs ?? 0) + backMs,
      forwardMs: (unhandled?.forwardMs ?? 0) + Math.max(aheadMs, 0),
    };
    slips = { ms: 0, sinceMs: clock.monotonicMs() };
  }

  return {
    note(databaseMs, sent) {
      const nowMs = clock.monotonicMs();
      const [low, high] = [databaseMs - nowMs, databaseMs - sent.monotonicMs];
      const silentMs = nowMs - offset.atMs;
      if (silentMs > blindAfterMs) contactSinceMs = databaseMs;
      const driftMs = DRIFT * silentMs;
      // After so long, a step could pass for drift: it takes a new start to count from.
      if (driftMs > SLIP_MS) agreedSinceMs = databaseMs;
      const gapMs = gap(low, high, driftMs);
      if (gapMs !== 0) {
        if (slip(nowMs, gapMs)) stepped(databaseMs, gapMs);
        begin(databaseMs, sent);
        return;
      }
      if (databaseMs >= last.databaseMs) last = { databaseMs, sent };
      offset = {
        low: Math.max(low, offset.low - driftMs),
        high: Math.min(high, offset.high + driftMs),
        atMs: nowMs,
      };
    },
    nowMs: () => last.databaseMs + atMostSinceMs(clock, last.sent),
    atLeastMs: () => clock.monotonicMs() + offset.low,
    trust: () => ({
      agreedSinceMs,
      countFromMs: agreedSinceMs + longestLeaseMs,
      writtenFromMs: contactSinceMs + longestLeaseMs,
      setBackMs,
      aheadMs: longestLeaseMs + ROUGHLY_MS,
      toleranceMs: TOLERANCE_MS,
    }),
    steps: () => steps,
    unhandled: () => unhandled,
    handled() {
      unhandled = null;
    },
    learnLease(leaseMs) {
      longestLeaseMs = Math.max(longestLeaseMs, leaseMs);
    },
  };
}
