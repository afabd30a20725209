import type { PaymentRecord } from '../ports/store.ts';
import type { Engine } from './context.ts';

/** A payment under a claim of ours. */
export interface Held {
  readonly record: PaymentRecord;
  /** The database's clock when the claim was granted. */
  readonly grantedAtMs: number;
  /** The monotonic clock just before the claim was asked for: the lease is counted from here, on the safe side. */
  readonly claimedAtMs: number;
}

/** Milliseconds in which something may still be sent or listened to under the claim; never negative. */
export function usableMs(engine: Engine, held: Held): number {
  const { clock, policy, limits } = engine;
  return Math.max(0, held.claimedAtMs + policy.leaseMs - limits.leaseMarginMs - clock.monotonicMs());
}

/** The database's clock now, never too early: it is counted from before the claim was asked for. */
export function databaseNowMs(engine: Engine, held: Held): number {
  return held.grantedAtMs + (engine.clock.monotonicMs() - held.claimedAtMs);
}
