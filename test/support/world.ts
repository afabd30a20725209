/** Engines on a real database with a scripted gateway, for the engine's tests. */
import pg from 'pg';
import type { Order, Payment } from '../../src/domain/payment.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import type { ChargeAnswer, ChargeOptions } from '../../src/engine/api.ts';
import { DEFAULT_LIMITS } from '../../src/engine/context.ts';
import { type RunningEngine, startEngine } from '../../src/engine/engine.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import { createPostgresStore } from '../../src/postgres/index.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemRandom } from '../../src/system/random.ts';
import { createDatabase } from './database.ts';
import { createFaultyStore, type FaultyStore } from './faulty-store.ts';

export interface EngineSettings {
  readonly policy?: Partial<Policy>;
  readonly callTimeoutMs?: number;
  readonly answerRetentionMs?: number;
  readonly cacheEntries?: number;
}

export interface Replica {
  readonly engine: RunningEngine;
  readonly store: FaultyStore;
  /** Everything it logged. */
  readonly logged: Record<string, unknown>[];
}

export interface World {
  readonly pool: pg.Pool;
  /** Starts an engine as one more process on the database. */
  replica(gateway: Gateway, settings?: EngineSettings): Promise<Replica>;
  close(): Promise<void>;
}

export async function createWorld(): Promise<World> {
  const database = await createDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 10 });
  pool.on('error', () => {});
  const engines: RunningEngine[] = [];
  return {
    pool,
    async replica(gateway, settings = {}) {
      const { answerRetentionMs = 86_400_000 } = settings;
      const store = createFaultyStore(createPostgresStore({ pool, answerRetentionMs, timeoutMs: 60_000 }));
      const logged: Record<string, unknown>[] = [];
      const log = (fields: Record<string, unknown>) => void logged.push(fields);
      const engine = await startEngine({
        store,
        gateway,
        clock: systemClock,
        random: systemRandom,
        log: { info: log, warn: log, error: log },
        policy: {
          ...DEFAULT_POLICY,
          backoffBaseMs: 1,
          lookupBaseMs: 20,
          pendingPollMs: 20,
          reviewLookupMs: 50,
          forbiddenPauseMs: 50,
          leaseMs: 3000,
          contract: gateway.contract,
          ...settings.policy,
        },
        limits: { ...DEFAULT_LIMITS, callTimeoutMs: settings.callTimeoutMs ?? 2500, sweepMs: 20 },
        gate: { maxCalls: 50, maxLookups: 20 },
        cacheEntries: settings.cacheEntries ?? 1000,
        answerRetentionMs,
      });
      engines.push(engine);
      return { engine, store, logged };
    },
    async close() {
      await Promise.all(engines.map((engine) => engine.stop()));
      await pool.end();
      await database.drop();
    },
  };
}

export function order(orderId: string, changes: Partial<Order> = {}): Order {
  return { accountId: 'default', orderId, amountMinor: 1000, currency: 'USD', metadata: {}, ...changes };
}

/** Options of a charge that waits long enough for anything that a test brings about. */
export function keyed(key: string, waitMs = 60_000): ChargeOptions {
  return { key: { route: 'POST /v1/payments', key }, waitMs };
}

export const KEYLESS: ChargeOptions = { waitMs: 60_000 };

/** One word or two for an answer: `completed 201`, `gateway_failed`, `202 PROCESSING`, `order_conflict`. */
export function told(answer: ChargeAnswer): string {
  if (answer.kind === 'problem') return answer.code;
  if (answer.kind === 'unsettled') return `202 ${answer.payment.status}`;
  return answer.frozen.problem ?? `completed ${answer.started ? 201 : 200}`;
}

export function paymentIdOf(answer: ChargeAnswer): string {
  if (answer.kind === 'settled') return answer.paymentId;
  return answer.payment?.paymentId ?? 'none';
}

/** The payment once it has the wanted status; a test that waits for what never comes fails by its own time limit. */
export async function reaches(
  engine: RunningEngine,
  paymentId: string,
  status: Payment['status'],
): Promise<Payment> {
  for (;;) {
    const payment = await engine.payment('default', paymentId).catch(() => null);
    if (payment?.status === status) return payment;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Resolves once the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}
