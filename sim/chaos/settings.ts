/** The numbers of a run, and the reason for each. */

/** About half of all calls go wrong, in nearly every way that both gateways have. */
export const SHARED_FAULTS = {
  latency_ms: { min: 5, max: 80 },
  error_before: 0.09,
  error_after: 0.07,
  drop_before: 0.05,
  drop_after: 0.06,
  lands_late: { rate: 0.05, delay_ms: 1_500 },
  lost_answer: { rate: 0.03, delay_ms: 6_000 },
  slow_answer: { rate: 0.03, delay_ms: 1_700 },
  truncated_answer: 0.04,
  garbage_answer: 0.04,
  rate_limited: { rate: 0.03, delay_ms: 200 },
  unauthorized: 0.002,
  declined: 0.08,
  pending: { rate: 0.04, delay_ms: 1_500 },
  pending_declined: { rate: 0.02, delay_ms: 1_500 },
  wrong_amount: 0.004,
  wrong_currency: 0.003,
  refund_declined: 0.06,
  refund_pending: { rate: 0.08, delay_ms: 1_500 },
  refund_pending_failed: { rate: 0.04, delay_ms: 1_500 },
  refund_wrong_amount: 0.01,
  capture_declined: 0.06,
  capture_pending: { rate: 0.08, delay_ms: 1_500 },
  capture_pending_failed: { rate: 0.04, delay_ms: 1_500 },
  capture_wrong_amount: 0.01,
  void_declined: 0.06,
  void_pending: { rate: 0.08, delay_ms: 1_500 },
  void_pending_failed: { rate: 0.04, delay_ms: 1_500 },
  lookup_down: 0.1,
} as const;

/** The faults of a gateway that speaks the protocol of `docs/fake-gateway.md`. None breaks the contract below. */
const NASTY = {
  ...SHARED_FAULTS,
  // It says when its authorisations end. Many are captured or voided just before and just after that.
  authorization_expires: { rate: 0.1, delay_ms: 4_000 },
  lookup_lag: { rate: 0.2, delay_ms: 500 },
} as const;

/** Errors that are kept under their key for ever. Only for a gateway whose contract says so. */
export const STALE = { stale_error: 0.03, stale_error_after: 0.03 } as const;

/** The longest time for which a proxy delays bytes. A request that was sent arrives within this time, or never. */
export const MAX_LATENCY_MS = 800;

/** The longest lease of any replica. It is short, because a frozen replica must sleep for longer than this. */
export const LEASE_MS = 3_000;

/**
 * How long after it was given up a request may still arrive: lands_late (1,500) + the gateway's latency (80) + the network's (800) +
 * throttling (800) + slicing (400), and some time for a busy machine.
 */
export const LANDS_WITHIN_MS = 6_000;

/** A request that a dead or frozen process left in its kernel leaves it within this time. The rest is for the gateway and the network. */
export const KERNEL_MS = LANDS_WITHIN_MS - 2_000;

/**
 * How long a black hole lasts: the longest call, the landing time, two failed lookups, and then some time in which nobody expects the
 * request any more.
 */
export const BLACK_HOLE_MS = { min: LANDS_WITHIN_MS + 6_000, max: LANDS_WITHIN_MS + 8_000 } as const;

/**
 * Replicas differ in these settings, and rollouts change them. A call fits into its lease with the required 500 ms. The first set is in
 * use the longest. Its calls are shorter than `slow_answer`, so that some answers come too late.
 */
export const VARIED = [
  { CALL_TIMEOUT_MS: '1500', LEASE_MS: String(LEASE_MS), MAX_ATTEMPTS: '4' },
  { CALL_TIMEOUT_MS: '1000', LEASE_MS: '1800', MAX_ATTEMPTS: '2' },
  { CALL_TIMEOUT_MS: '2000', LEASE_MS: '2600', MAX_ATTEMPTS: '6' },
] as const;

export const LONGEST_CALL_MS = Math.max(...VARIED.map((one) => Number(one.CALL_TIMEOUT_MS)));

/** The settings of both replicas, besides their addresses and the varied settings. */
export const REPLICA_ENV = {
  // Short enough to notice an outage of the database while it lasts.
  DATABASE_TIMEOUT_MS: '2000',
  // What is slow on purpose in production is fast here, so that it happens often in a minute.
  BACKOFF_CAP_MS: '1000',
  RETRY_AFTER_CAP_MS: '1000',
  FORBIDDEN_PAUSE_MS: '300',
  LOOKUP_BASE_MS: '500',
  LOOKUP_CAP_MS: '2000',
  PENDING_POLL_MS: '300',
  SWEEP_MS: '250',
  LOG_LEVEL: 'info',
} as const;

/** What the servers are told of a gateway that speaks the protocol of `docs/fake-gateway.md`. */
const HTTP_ENV = {
  GATEWAY_LIVEMODE: 'no',
  // Each reaches the same gateway by a way of its own.
  GATEWAY_CHANGE: 'accept',
  GATEWAY_LANDS_WITHIN_MS: String(LANDS_WITHIN_MS),
  // lookup_lag (500), plus some milliseconds because two clocks may differ.
  GATEWAY_LOOKUP_LAG_MS: '600',
} as const;

/** Its faults, and what it promises about them. With odd seeds it keeps its errors. */
export function httpGatewayOf(seed: number): {
  readonly faults: object;
  readonly env: Readonly<Record<string, string>>;
} {
  if (seed % 2 === 0) return { faults: NASTY, env: { ...HTTP_ENV, GATEWAY_CACHES_ERRORS: 'no' } };
  return { faults: { ...NASTY, ...STALE }, env: { ...HTTP_ENV, GATEWAY_CACHES_ERRORS: 'yes' } };
}

/** The installation's id in this run: a UUID of version 8, whose content is free to choose. */
export function installationOf(seed: number): string {
  return `00000000-0000-8000-8000-${seed.toString(16).padStart(12, '0').slice(-12)}`;
}

/** From just above the lease to twice the lease. */
export const FREEZE_MS = { min: LEASE_MS + 300, max: 2 * LEASE_MS } as const;

/** Clients at work at the same time. */
export const CLIENTS = 16;

/** A lease, the landing time, a few lookups and the clients' longest wait take about 20 s. This is three times that. */
export const HEAL_MS = 60_000;
