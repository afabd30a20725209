import type { PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { atMostSinceMs, type Moment, wasSetBack } from './moment.ts';
import type { Place } from './place.ts';

/** A payment under a claim of ours. */
export interface Held {
  readonly record: PaymentRecord;
  /** The database's clock when the claim was granted. */
  readonly grantedAtMs: number;
  /** Just before the claim was asked for: the lease is counted from here, on the safe side. */
  readonly claimedAt: Moment;
  /** At the gateway; taken before the claim. Null: none was free for a claim that was found to be ours. */
  readonly place: Place | null;
}

/**
 * Milliseconds in which something may still be sent or listened to under the claim; never negative. Time in which the
 * machine was suspended counts, for the lease has not waited: by our wall clock, or, where both our clocks stood still, by
 * what the database has said since.
 */
export function usableMs(engine: Engine, held: Held): number {
  const { clock, databaseClock, policy, limits } = engine;
  const byDatabaseMs = databaseClock.atLeastMs() - held.grantedAtMs;
  const sinceMs = Math.max(atMostSinceMs(clock, held.claimedAt), byDatabaseMs);
  return Math.max(0, policy.leaseMs - limits.leaseMarginMs - sinceMs);
}

/**
 * Whether a request may leave under the claim, in this very tick. A wall clock that was set back since the claim hides for how
 * long the machine slept, so nothing leaves then: the next claim is counted from the new time.
 */
export function mayStillLeave(engine: Engine, held: Held): boolean {
  const setBack = wasSetBack(engine.clock, held.claimedAt, engine.limits.leaseMarginMs);
  return usableMs(engine, held) > 0 && !setBack;
}

/**
 * The database's clock now, never too early: it is counted from before the claim was asked for. Not later than the
 * lease's end, when the last request under it has left: a wall clock that was set forward says nothing about that.
 */
export function databaseNowMs(engine: Engine, held: Held): number {
  const sinceMs = atMostSinceMs(engine.clock, held.claimedAt);
  return held.grantedAtMs + Math.min(sinceMs, engine.policy.leaseMs);
}

/** When the gateway is asked, for what its answer may prove. */
export interface Asking {
  /** The database's clock before it is asked, never too late: two clocks must have seen that time pass. */
  readonly atMs: number;
  /** How often the clock had been set by then. */
  readonly steps: number;
}

export function askingNow({ databaseClock }: Engine, held: Held): Asking {
  return { atMs: Math.min(held.grantedAtMs, databaseClock.atLeastMs()), steps: databaseClock.steps() };
}

/**
 * The time of asking by the database's clock as it goes now. Where that was set meanwhile, the old time says nothing about dates
 * of the new clock: then it is so early that the answer proves nothing by it.
 */
export function askedAtMs({ databaseClock }: Engine, asking: Asking): number {
  return databaseClock.steps() === asking.steps ? asking.atMs : Number.NEGATIVE_INFINITY;
}
