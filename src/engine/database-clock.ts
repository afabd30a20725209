/**
 * What time it is at the database, and since when its clock can be believed. Each answer that says the database's time
 * was given between two readings of our monotonic clock, so the difference of the two clocks lies in a known interval. As
 * long as these intervals overlap, both clocks count the same time; when two of them do not, one clock has been set.
 */
import type { ClockTrust } from '../domain/clock-trust.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import { atMostSinceMs, type Moment, momentOf } from './moment.ts';

export interface DatabaseClock {
  /** Notes the database's time in an answer to what was sent at `sent` and has been heard just now. */
  heard(databaseMs: number, sent: Moment): void;
  /** The database's clock now, never too early as far as our own clocks can tell. */
  nowMs(): number;
  /** The database's clock now, never too late: by our monotonic clock, counted from the time when both agreed. */
  atLeastMs(): number;
  trust(): ClockTrust;
  /** The step that nobody has told yet: by how much the clock was set back; negative: forward. */
  untoldStepMs(): number | null;
  told(): void;
}

export interface DatabaseClockStart {
  readonly databaseMs: number;
  readonly sent: Moment;
  /** The last step that is known of from before; null: none. */
  readonly steppedAtMs: number | null;
  readonly steppedBackMs: number;
  /** A step that was found at the start. */
  readonly untoldStepMs: number | null;
}

/** Two clocks that both keep time drift apart by less (NTP slews by 500 ppm at most, RFC 5905 and adjtime). */
const DRIFT = 0.001;
/** Smaller disagreements are added up, and are a step when they come to so much within `SLIPS_FOR_MS`. */
const SLIP_MS = 500;
const SLIPS_FOR_MS = 10 * 60_000;
/** Clocks of different machines that are kept by NTP differ by less. What is not noticed is waited for besides. */
const WALL_TOLERANCE_MS = 1000;

export function createDatabaseClock(
  clock: Clock,
  start: DatabaseClockStart,
  options: { readonly leaseMs: number },
): DatabaseClock {
  let last: { readonly databaseMs: number; readonly sent: Moment };
  /** The database's clock minus our monotonic one, as it was at `atMs` of the latter. */
  let offset: { readonly low: number; readonly high: number; readonly atMs: number };
  let slips = { ms: 0, sinceMs: 0 };
  let untold = start.untoldStepMs;
  let trust: ClockTrust = {
    agreedSinceMs: start.steppedAtMs ?? Number.NEGATIVE_INFINITY,
    countFromMs: (start.steppedAtMs ?? Number.NEGATIVE_INFINITY) + options.leaseMs,
    setBackMs: start.steppedBackMs,
    toleranceMs: WALL_TOLERANCE_MS,
  };
  begin(start.databaseMs, start.sent);

  function begin(databaseMs: number, sent: Moment): void {
    const nowMs = clock.monotonicMs();
    last = { databaseMs, sent };
    offset = { low: databaseMs - nowMs, high: databaseMs - sent.monotonicMs, atMs: nowMs };
  }

  /** How far apart the intervals are; 0 where they meet. Positive: the database's clock has run ahead. */
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
    const steppedBackMs = -aheadMs;
    trust = {
      agreedSinceMs: databaseMs,
      countFromMs: databaseMs + options.leaseMs,
      setBackMs: trust.setBackMs + Math.max(steppedBackMs, 0),
      toleranceMs: WALL_TOLERANCE_MS,
    };
    untold = (untold ?? 0) + steppedBackMs;
    slips = { ms: 0, sinceMs: 0 };
  }

  return {
    heard(databaseMs, sent) {
      const nowMs = clock.monotonicMs();
      const [low, high] = [databaseMs - nowMs, databaseMs - sent.monotonicMs];
      const driftMs = DRIFT * (nowMs - offset.atMs);
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
    trust: () => trust,
    untoldStepMs: () => untold,
    told() {
      untold = null;
    },
  };
}

/**
 * Reads the database's clock, and finds out from what the last process left whether the clock was set while nobody was
 * here: then the time that passed by the database's clock is not the time that passed by our wall clock.
 */
export async function startDatabaseClock(
  store: Store,
  clock: Clock,
  options: { readonly leaseMs: number },
): Promise<DatabaseClock> {
  const sent = momentOf(clock);
  const witness = await store.witnessClock({ wallMs: sent.wallMs, steppedBackMs: null });
  const backMs =
    witness.last === null ? 0 : sent.wallMs - witness.last.wallMs - (witness.nowMs - witness.last.atMs);
  const stepped = Math.abs(backMs) > WALL_TOLERANCE_MS;
  if (stepped) await store.witnessClock({ wallMs: clock.wallMs(), steppedBackMs: backMs });
  return createDatabaseClock(
    clock,
    {
      databaseMs: witness.nowMs,
      sent,
      steppedAtMs: stepped ? witness.nowMs : witness.steppedAtMs,
      steppedBackMs: witness.steppedBackMs + (stepped ? Math.max(backMs, 0) : 0),
      untoldStepMs: stepped ? backMs : null,
    },
    options,
  );
}
