import type { PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';
import { atMostSinceMs, type Moment, wasSetBack } from './moment.ts';
import type { Place } from './place.ts';

/** A payment under a claim of ours. */
export interface Held {
  readonly record: PaymentRecord;
  /** The database's clock when the claim was granted. */
  readonly grantedAtMs: number;
  /** Just before the claim was requested. The lease is counted from here, which is the safe side. */
  readonly claimedAt: Moment;
  /** The place at the gateway, taken before the claim. Null: none was free for a claim that turned out to be ours. */
  readonly place: Place | null;
}

/**
 * For how many milliseconds something may still be sent or received under the claim. Never negative. Time in which
 * the machine was suspended counts, because the lease went on: by our wall clock or, if both our clocks stood
 * still, by what the database has said since.
 */
export function usableMs(engine: Engine, held: Held): number {
  const { clock, databaseClock, policy, limits } = engine;
  const byDatabaseMs = databaseClock.atLeastMs() - held.grantedAtMs;
  const sinceMs = Math.max(atMostSinceMs(clock, held.claimedAt), byDatabaseMs);
  return Math.max(0, policy.leaseMs - limits.leaseMarginMs - sinceMs);
}

/**
 * Whether a request may be sent under the claim, in this very tick. A wall clock that was set back since the claim
 * hides how long the machine slept. So nothing is sent then, and the next claim is counted from the new time.
 */
export function mayStillLeave(engine: Engine, held: Held): boolean {
  const setBack = wasSetBack(engine.clock, held.claimedAt, engine.limits.leaseMarginMs);
  return usableMs(engine, held) > 0 && !setBack;
}

/**
 * The database's clock now, never too early: it is counted from before the claim was requested. At most the end of
 * the lease, because no request under it is sent later. A wall clock that was set forward does not change that.
 */
export function databaseNowMs(engine: Engine, held: Held): number {
  const sinceMs = atMostSinceMs(engine.clock, held.claimedAt);
  return held.grantedAtMs + Math.min(sinceMs, engine.policy.leaseMs);
}

/** When the gateway is asked. What its answer proves depends on it. */
export interface Asking {
  /** The database's clock before the lookup, never too late: two clocks must have counted that time. */
  readonly atMs: number;
  /** How often the clock had been set by then. */
  readonly steps: number;
}

export function askingNow({ databaseClock }: Engine, held: Held): Asking {
  return { atMs: Math.min(held.grantedAtMs, databaseClock.atLeastMs()), steps: databaseClock.steps() };
}

/**
 * The time of asking, by the database's clock as it is now. If that clock was set in the meantime, the old time
 * cannot be compared with new dates. Then the result is so early that the answer proves nothing.
 */
export function askedAtMs({ databaseClock }: Engine, asking: Asking): number {
  return databaseClock.steps() === asking.steps ? asking.atMs : Number.NEGATIVE_INFINITY;
}
