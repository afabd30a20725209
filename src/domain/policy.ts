import { contractFor, type GatewayContract } from './contract.ts';
import { EFFECTS, type EffectKind } from './effects.ts';

/**
 * Every number that the decisions about one charge or refund depend on. Names end with their unit: `Ms` for milliseconds, `S` for seconds.
 *
 * @example
 * await createPayonce({ pool, gateway, policy: { maxAttempts: 6, giveUpAfterS: 3600 } });
 */
export interface Policy {
  /** What the gateway promises. It comes from the adapter, never from the options. */
  readonly contract: GatewayContract;
  /** Calls for each charge or refund, including the first: 1 to 100. Default 4. */
  readonly maxAttempts: number;
  /**
   * The longest first backoff: at least 1. It doubles with every call, and the wait is drawn evenly between 0 and it. Default 100.
   */
  readonly backoffBaseMs: number;
  /** Where the backoff stops doubling: at least 1. Default 10,000. */
  readonly backoffCapMs: number;
  /** The longest `Retry-After` that is followed. A longer one counts as this. Default 60,000. */
  readonly retryAfterCapMs: number;
  /**
   * No retry starts later than this after it was opened: by then, the customer no longer expects it. At
   * least 1,000. Default 900,000 (15 minutes).
   */
  readonly callDeadlineMs: number;
  /**
   * How long a charge is tried if the caller does not say, up to 259,200 (72 hours). Meanwhile it waits for the end
   * of outages, and `maxAttempts` and `callDeadlineMs` do not count. 0: they count, as they always do for a refund. Default 0.
   */
  readonly giveUpAfterS: number;
  /**
   * How long an order waits after the gateway refused our credentials for it. Once it has refused them for a second
   * order, all calls wait as long. At least 100. Default 30,000.
   */
  readonly forbiddenPauseMs: number;
  /**
   * How long a worker's claim lasts. A request under it may be sent at any moment until it ends. It comes from the
   * options' `leaseMs`.
   */
  readonly leaseMs: number;
  /**
   * The first wait between two lookups of an unresolved charge or refund: at least 10. It doubles with every answer. While the gateway gives
   * none, it grows with the time since then: see `unansweredWaitMs`. Default 10,000.
   */
  readonly lookupBaseMs: number;
  /** Where the wait between lookups stops growing: at least 10. Default 3,600,000 (1 hour). */
  readonly lookupCapMs: number;
  /** The first wait before a lookup of what the gateway accepted as pending: at least 10. Default 1,000. */
  readonly pendingPollMs: number;
  /**
   * How long the customer has for what the gateway asks of them, such as 3-D Secure, at least 1,000. Then the charge is sealed and fails. The
   * caller's `giveUpAfterS` may end it sooner. Only at a gateway of two steps. Default 3,600,000 (1 hour).
   */
  readonly actionWithinMs: number;
  /**
   * How long a charge or a refund stays unresolved before a person is asked. Not a refund that the gateway has accepted: it may take 30 days.
   * Default 259,200,000 (72 hours).
   */
  readonly resolveForMs: number;
  /** The wait between lookups while a person decides: at least 1,000. Default 86,400,000 (24 hours). */
  readonly reviewLookupMs: number;
  /**
   * When the database was restored from a backup, in milliseconds since the Unix epoch by the database's clock;
   * null: it was not. A restored database has forgotten charges. So each charge and refund is looked up before it is
   * called, and the next charges are looked up before this one counts as failed. Default null.
   */
  readonly restoredAtMs: number | null;
}

/** A policy for each kind of effect: the same numbers, with the gateway's contract for that kind. Made once, at the start. */
export type Policies = Readonly<Record<EffectKind, Policy>>;

export function policiesFor(policy: Policy): Policies {
  const kinds = Object.keys(EFFECTS) as EffectKind[];
  const contractOf = (kind: EffectKind) => contractFor(policy.contract, kind);
  return Object.fromEntries(
    kinds.map((kind) => [kind, { ...policy, contract: contractOf(kind) }]),
  ) as unknown as Policies;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The defaults; `contract` and `leaseMs` come from the adapter and the configuration. */
export const DEFAULT_POLICY: Omit<Policy, 'contract' | 'leaseMs'> = {
  // One call and three retries, as in the demo that this project grew from.
  maxAttempts: 4,
  // With full jitter, four failures end within 0.7 s: a customer at a checkout still waits that long.
  backoffBaseMs: 100,
  backoffCapMs: 10 * SECOND,
  retryAfterCapMs: MINUTE,
  // Longer than any checkout, shorter than any gateway's key window.
  callDeadlineMs: 15 * MINUTE,
  // As in the demo: three retries, however long the outage is.
  giveUpAfterS: 0,
  // People fix credentials. A try every half minute notices the fix soon, and is not a flood.
  forbiddenPauseMs: 30 * SECOND,
  lookupBaseMs: 10 * SECOND,
  lookupCapMs: HOUR,
  pendingPollMs: SECOND,
  // Customers look for their phone, or are called away. Whoever is gone for an hour has left the checkout.
  actionWithinMs: HOUR,
  // A weekend and a Monday: by then, the people who can fix the gateway have been at work.
  resolveForMs: 72 * HOUR,
  reviewLookupMs: 24 * HOUR,
  restoredAtMs: null,
};

/**
 * The wait before the call after `attempts` calls, in milliseconds: uniform below min(cap, base × 2^(attempts−1)).
 * `roll` is uniform in [0, 1). If the gateway asked for a wait, that wait counts. Jitter is added to it, so that
 * not all retries come at once.
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
  return spread(policy, baseMs * 2 ** Math.min(lookups, 30), roll);
}

/**
 * The wait before a lookup that got no answer is repeated: `lookupBaseMs` and an eighth of `waitedMs`, up to the cap, spread by ±10 %.
 * `waitedMs`: how long the operation has waited for an answer. So after an outage an order waits for an eighth of the outage at most, and
 * three days of silence cost about 120 lookups.
 */
export function unansweredWaitMs(policy: Policy, waitedMs: number, roll: number): number {
  return spread(policy, policy.lookupBaseMs + Math.max(0, waitedMs) / 8, roll);
}

function spread({ lookupCapMs }: Policy, plainMs: number, roll: number): number {
  return Math.round(Math.min(lookupCapMs, plainMs) * (0.9 + 0.2 * roll));
}
