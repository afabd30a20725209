import type { GatewayContract } from './contract.ts';

/** Every number that the decisions about one charge depend on. */
export interface Policy {
  readonly contract: GatewayContract;
  /** Calls per charge, the first included. */
  readonly maxAttempts: number;
  /** The ceiling of the first backoff; it doubles with every call. The wait is drawn below it (full jitter). */
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** The longest `Retry-After` that is obeyed. */
  readonly retryAfterCapMs: number;
  /** No retry starts later than this after the charge was opened: a customer does not expect it any more. */
  readonly callDeadlineMs: number;
  /**
   * How long a charge is tried whose caller does not say, in whole seconds: until then outages are waited for, and `maxAttempts` and
   * `callDeadlineMs` do not count. 0: they do.
   */
  readonly giveUpAfterS: number;
  /** How long an order waits that the gateway refused; and all calls, where it refuses our credentials. */
  readonly forbiddenPauseMs: number;
  /** A claim lasts this long; a request under it may leave at any moment until its end. */
  readonly leaseMs: number;
  /** Lookups of an unresolved charge: the first wait, doubled up to the cap. */
  readonly lookupBaseMs: number;
  readonly lookupCapMs: number;
  /** The first wait before asking after a charge that the gateway accepted as pending. */
  readonly pendingPollMs: number;
  /** After this long unresolved a person is asked. */
  readonly resolveForMs: number;
  /** Lookups go on at this pace while a person decides. */
  readonly reviewLookupMs: number;
  /**
   * When the database was restored from a backup, by its clock; null: it was not. A restored database has forgotten
   * charges, so each is looked up before its first call, and the one after it before it counts as failed.
   */
  readonly restoredAtMs: number | null;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The defaults; `contract` and `leaseMs` come from the adapter and the configuration. */
export const DEFAULT_POLICY: Omit<Policy, 'contract' | 'leaseMs'> = {
  // One call and three retries: the contract of the demo that this grew from.
  maxAttempts: 4,
  // With full jitter, four failures end within 0.7 s: a customer at a checkout still waits that long.
  backoffBaseMs: 100,
  backoffCapMs: 10 * SECOND,
  retryAfterCapMs: MINUTE,
  // Longer than any checkout, shorter than any gateway's key window.
  callDeadlineMs: 15 * MINUTE,
  // The contract of the demo: three retries, however long or short the outage is.
  giveUpAfterS: 0,
  // Credentials are mended by people; asking twice a minute shows the mend soon and floods nobody.
  forbiddenPauseMs: 30 * SECOND,
  lookupBaseMs: 10 * SECOND,
  lookupCapMs: HOUR,
  pendingPollMs: SECOND,
  // A weekend and a Monday: whoever can mend the gateway has been at work.
  resolveForMs: 72 * HOUR,
  reviewLookupMs: 24 * HOUR,
  restoredAtMs: null,
};

/**
 * The wait before the call after `attempts` calls, in milliseconds: uniform below min(cap, base × 2^(attempts−1)).
 * `roll` is uniform in [0, 1). What the gateway asked for wins; the jitter then only spreads the herd behind it.
 */
export function backoffMs(
  policy: Policy,
  attempts: number,
  roll: number,
  retryAfterMs: number | undefined,
): number {
  if (retryAfterMs !== undefined) {
    const asked = Math.min(Math.max(retryAfterMs, 0), policy.retryAfterCapMs);
    return Math.round(asked + roll * policy.backoffBaseMs);
  }
  // 2^30 × 100 ms is far beyond every cap; the bound keeps the power finite.
  const doublings = Math.min(Math.max(attempts - 1, 0), 30);
  return Math.floor(roll * Math.min(policy.backoffCapMs, policy.backoffBaseMs * 2 ** doublings));
}

/** The wait before the next lookup after `lookups` of them: base × 2^lookups up to the cap, spread by ±10 %. */
export function lookupWaitMs(policy: Policy, baseMs: number, lookups: number, roll: number): number {
  const plain = Math.min(policy.lookupCapMs, baseMs * 2 ** Math.min(lookups, 30));
  return Math.round(plain * (0.9 + 0.2 * roll));
}
