/**
 * Payonce as a library: the same engine as the service, inside a Node program, on the caller's own `pg` pool and
 * gateway adapter.
 */
import type { Pool } from 'pg';
import { DEFAULT_POLICY, type Policy } from './domain/policy.ts';
import { DEFAULT_LIMITS } from './engine/context.ts';
import { type RunningEngine, startEngine } from './engine/engine.ts';
import type { Gateway } from './ports/gateway.ts';
import type { Log } from './ports/log.ts';
import { createPostgresStore, migrate } from './postgres/index.ts';
import { systemClock } from './system/clock.ts';
import { systemRandom } from './system/random.ts';

export type { GatewayContract } from './domain/contract.ts';
export {
  type CallOutcome,
  type ChargeRequest,
  judgeCall,
  judgeLookup,
  type LookupOutcome,
  type ReportedCharge,
} from './domain/outcomes.ts';
export type { Order, Payment, PaymentEvent, PaymentStatus } from './domain/payment.ts';
export type { Policy } from './domain/policy.ts';
export type { FrozenAnswer } from './engine/answer.ts';
export type {
  ChargeAnswer,
  ChargeOptions,
  ChargeProblem,
  EventFilter,
  IdempotencyKey,
  ListFilter,
  Payonce,
} from './engine/api.ts';
export type { RunningEngine } from './engine/engine.ts';
export type { CallOptions, ExchangeOptions, Gateway } from './ports/gateway.ts';
export type { Log } from './ports/log.ts';
export { StoreError } from './ports/store.ts';

/** Everything but `pool` and `gateway` has a default. */
export interface PayonceOptions {
  /** The caller's pool, to PostgreSQL 14 or newer; never closed by Payonce. It needs at least two connections. */
  readonly pool: Pool;
  readonly gateway: Gateway;
  /** Numbers of the decisions that differ from the defaults. */
  readonly policy?: Partial<Omit<Policy, 'contract' | 'leaseMs'>>;
  /** A call that takes longer is given up, in milliseconds. Default 10,000. */
  readonly callTimeoutMs?: number;
  /** How long a worker holds a payment; at least `callTimeoutMs` + 500. Default 15,000. */
  readonly leaseMs?: number;
  /** Calls under way at once. Default 256. */
  readonly maxCalls?: number;
  /** Lookups under way at once. Default 64. */
  readonly maxLookups?: number;
  /** Frozen answers kept in memory; 0: none. Default 50,000. */
  readonly cacheEntries?: number;
  /** How long a frozen answer is kept, in milliseconds. Default 30 days. */
  readonly answerRetentionMs?: number;
  /** Upper bound of one statement, in milliseconds. Default 5,000. */
  readonly databaseTimeoutMs?: number;
  /** Pause between sweeps for due payments, in milliseconds. Default 500. */
  readonly sweepMs?: number;
  /** Where the engine speaks; a pino logger fits. Default: silent. */
  readonly log?: Log;
}

const SILENT: Log = { info() {}, warn() {}, error() {} };

/**
 * Brings the database to this release's tables and starts the engine. Any number of programs and services may
 * run on the same database. Rejects with `RangeError` for a lease that a call could outlive, and with
 * `StoreError` when the database cannot be used or would not keep the promise.
 */
export async function createPayonce(options: PayonceOptions): Promise<RunningEngine> {
  const { pool, gateway, callTimeoutMs = 10_000, leaseMs = 15_000 } = options;
  const { answerRetentionMs = 30 * 86_400_000, databaseTimeoutMs = 5000 } = options;
  if (leaseMs < callTimeoutMs + 500) {
    throw new RangeError(
      `leaseMs (${leaseMs}) must be at least callTimeoutMs (${callTimeoutMs}) + 500; nothing was started.`,
    );
  }
  await migrate(pool);
  return startEngine({
    store: createPostgresStore({ pool, answerRetentionMs, timeoutMs: databaseTimeoutMs }),
    gateway,
    clock: systemClock,
    random: systemRandom,
    log: options.log ?? SILENT,
    policy: { ...DEFAULT_POLICY, ...options.policy, contract: gateway.contract, leaseMs },
    limits: { ...DEFAULT_LIMITS, callTimeoutMs, sweepMs: options.sweepMs ?? DEFAULT_LIMITS.sweepMs },
    gate: { maxCalls: options.maxCalls ?? 256, maxLookups: options.maxLookups ?? 64 },
    cacheEntries: options.cacheEntries ?? 50_000,
    answerRetentionMs,
  });
}
