/**
 * Engines on the model of the database, a scripted gateway and virtual time, for the engine's unit tests.
 * Nothing sleeps and nothing is random; an hour passes as fast as a millisecond.
 */
import { createScheduler } from '../../sim/core/scheduler.ts';
import { createDatabase, type Database } from '../../sim/store/database.ts';
import { createPlainStore } from '../../sim/store/plain.ts';
import type { Order, PaymentEvent } from '../../src/domain/payment.ts';
import { DEFAULT_POLICY, type Policy, policiesFor } from '../../src/domain/policy.ts';
import { createAheadMemory } from '../../src/engine/ahead-memory.ts';
import type { ChargeAnswer, ChargeOptions } from '../../src/engine/api.ts';
import { DEFAULT_LIMITS, type Engine, type Limits, livemodeOf } from '../../src/engine/context.ts';
import { createDatabaseClock } from '../../src/engine/database-clock.ts';
import { ROOMS } from '../../src/engine/effects/index.ts';
import { type RunningEngine, startEngine } from '../../src/engine/engine.ts';
import { createGate, type GateOptions } from '../../src/engine/gate.ts';
import { createHalt } from '../../src/engine/halt.ts';
import { createLateNews } from '../../src/engine/late-news.ts';
import { momentOf } from '../../src/engine/moment.ts';
import { createOutage } from '../../src/engine/outage.ts';
import { createOwnMode } from '../../src/engine/own-mode.ts';
import { createShortage } from '../../src/engine/shortage.ts';
import { createStanding } from '../../src/engine/standing.ts';
import { createUnanswered } from '../../src/engine/unanswered.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import type { PaymentRecord, Store } from '../../src/ports/store.ts';
import { createFaultyStore, type FaultyStore } from './faulty-store.ts';

export interface VirtualSettings {
  readonly policy?: Partial<Policy>;
  readonly limits?: Partial<Limits>;
  readonly gate?: Partial<Omit<GateOptions, 'clock'>>;
  readonly cacheEntries?: number;
  readonly answerRetentionMs?: number;
  /** The accounts of the gateway. Default: all. */
  readonly accounts?: readonly string[];
  /** More gateways, with the accounts of each. */
  readonly others?: readonly { readonly gateway: Gateway; readonly accounts: readonly string[] }[];
}

/** One line of a log. */
export interface Logged {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

/** A store whose uses are recorded, and which fails when the test says so. */
export interface VirtualStore extends FaultyStore {
  /** Every use so far, in order. */
  readonly used: { readonly method: keyof Store; readonly argument: unknown; readonly atMs: number }[];
}

/** The parts from which an engine is made, without the engine. */
export interface VirtualParts {
  readonly engine: Engine;
  readonly store: VirtualStore;
  readonly logged: Logged[];
}

export interface VirtualReplica {
  readonly engine: RunningEngine;
  readonly store: VirtualStore;
  readonly logged: Logged[];
}

export interface VirtualWorld {
  readonly clock: Clock;
  readonly database: Database;
  /** The result of every random draw. */
  roll: number;
  /** How far the database's clock was set forward; negative: back. */
  databaseStepMs: number;
  /** How long this machine was suspended. Only its wall clock has counted that time. */
  suspendedMs: number;
  /** How far the machine's wall clock was set forward by hand; negative: back. */
  wallSetMs: number;
  /** Milliseconds since the beginning. */
  readonly nowMs: number;
  parts(gateway: Gateway, settings?: VirtualSettings): VirtualParts;
  replica(gateway: Gateway, settings?: VirtualSettings): Promise<VirtualReplica>;
  /** Lets exactly `ms` pass, and runs everything that falls due on the way. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the promise settles. */
  ended<T>(promise: Promise<T>): Promise<T>;
  /** The payment of an order, as it is stored. */
  stored(orderId: string): PaymentRecord;
  /** The audit trail of an order: `call.unknown http_500`. */
  trail(orderId: string): readonly string[];
}

/** The database's clock at the beginning. */
export const DATABASE_ORIGIN_MS = 1_750_000_000_000;
const MONOTONIC_ORIGIN_MS = 5000;
const PATIENCE_MS = 30 * 86_400_000;
const RETENTION_MS = 86_400_000;

export const INSTALLATION_ID = '00000000-0000-4000-8000-000000000001';

export function createVirtualWorld({ installationId = INSTALLATION_ID } = {}): VirtualWorld {
  const scheduler = createScheduler();
  let drawn = 0;
  const clock: Clock = {
    monotonicMs: () => MONOTONIC_ORIGIN_MS + scheduler.nowMs,
    wallMs: () => 1_700_000_000_000 + scheduler.nowMs + world.suspendedMs + world.wallSetMs,
    after: (delayMs, callback) => scheduler.after(delayMs, callback),
  };
  const database = createDatabase({
    nowMs: () => DATABASE_ORIGIN_MS + scheduler.nowMs + world.suspendedMs + world.databaseStepMs,
    retentionMs: RETENTION_MS,
    installationId,
  });

  async function runUntil(done: () => boolean): Promise<void> {
    await scheduler.run({ untilMs: scheduler.nowMs + PATIENCE_MS, done, afterEach: () => {} });
  }

  function compose(gateway: Gateway, settings: VirtualSettings) {
    const { answerRetentionMs = RETENTION_MS } = settings;
    database.retain(answerRetentionMs);
    const used: VirtualStore['used'] = [];
    const faulty = createFaultyStore(createPlainStore(database));
    const store = Object.assign(
      watched(faulty, used, () => scheduler.nowMs),
      { used },
    );
    const logged: Logged[] = [];
    const at =
      (level: Logged['level']) =>
      (fields: Record<string, unknown>, message: string): void =>
        void logged.push({ level, fields, message });
    const policyFor = ({ contract }: Gateway): Policy => ({
      ...DEFAULT_POLICY,
      leaseMs: 15_000,
      contract,
      ...settings.policy,
    });
    const gate = { maxCalls: 50, maxLookups: 20, ...settings.gate };
    const options = {
      store,
      gateway,
      ...(settings.accounts === undefined ? {} : { accounts: settings.accounts }),
      others: (settings.others ?? []).map((other) => ({ ...other, policy: policyFor(other.gateway), gate })),
      clock,
      random: {
        float: () => world.roll,
        hex128: () => {
          drawn += 1;
          // The digits that differ are kept in every id that is made from it.
          return `0000${drawn.toString(16).padStart(8, '0')}`.padEnd(32, '0');
        },
      },
      log: { info: at('info'), warn: at('warn'), error: at('error') },
      policy: policyFor(gateway),
      limits: { ...DEFAULT_LIMITS, callTimeoutMs: 10_000, ...settings.limits },
      gate,
      cacheEntries: settings.cacheEntries ?? 1000,
      answerRetentionMs,
    };
    return { options, store, logged };
  }

  const world: VirtualWorld = {
    clock,
    database,
    roll: 0.5,
    databaseStepMs: 0,
    suspendedMs: 0,
    wallSetMs: 0,
    get nowMs() {
      return scheduler.nowMs;
    },
    parts(gateway, settings = {}) {
      const { options, store, logged } = compose(gateway, settings);
      const gate = createGate({ clock, ...options.gate });
      const now = {
        databaseMs: DATABASE_ORIGIN_MS + scheduler.nowMs + world.suspendedMs + world.databaseStepMs,
        sent: momentOf(clock),
        longestLeaseMs: options.policy.leaseMs,
      };
      const databaseClock = createDatabaseClock(clock, now);
      const halt = createHalt(options.log);
      const livemode = livemodeOf(gateway);
      const ownMode = createOwnMode({ store, livemode, halt });
      const ahead = createAheadMemory();
      const engine: Engine = {
        ...options,
        policies: policiesFor(options.policy),
        gate,
        installationId,
        databaseClock,
        halt,
        outage: createOutage(clock, options.log),
        lateNews: createLateNews(),
        ahead,
        shortage: createShortage(clock, options.log),
        standing: createStanding(clock),
        unanswered: createUnanswered(),
        livemode,
        ownMode,
        rooms: ROOMS,
      };
      return { engine, store, logged };
    },
    async replica(gateway, settings = {}) {
      const { options, store, logged } = compose(gateway, settings);
      return { engine: await startEngine(options), store, logged };
    },
    async pass(ms) {
      const untilMs = scheduler.nowMs + ms;
      scheduler.quietly(ms, () => {});
      await scheduler.run({ untilMs, done: () => false, afterEach: () => {} });
    },
    async ended(promise) {
      let ended = false;
      const end = (): void => {
        ended = true;
      };
      promise.then(end, end);
      await runUntil(() => ended);
      if (!ended) throw new Error('What is waited for does not end.');
      return promise;
    },
    stored(orderId) {
      const { payment } = database.read('situation', { accountId: 'default', orderId, keyHash: null });
      if (payment === null) throw new Error(`There is no order ${orderId}.`);
      return payment;
    },
    trail(orderId) {
      const events = database.row('default', orderId)?.events ?? [];
      return events.map(({ type, detail }: PaymentEvent) => (detail === null ? type : `${type} ${detail}`));
    },
  };
  return world;
}

/** The same store, with a list of what it was used for. */
function watched(store: FaultyStore, used: VirtualStore['used'], nowMs: () => number): FaultyStore {
  const own = new Set<PropertyKey>(['fail', 'before', 'goDown', 'heal']);
  return new Proxy(store, {
    get(target, name, receiver) {
      const method = Reflect.get(target, name, receiver);
      if (own.has(name) || typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        used.push({ method: name as keyof Store, argument: args[0], atMs: nowMs() });
        return method(...args);
      };
    },
  });
}

export function order(orderId: string, changes: Partial<Order> = {}): Order {
  return { accountId: 'default', orderId, amountMinor: 1000, currency: 'USD', metadata: {}, ...changes };
}

export function keyed(key: string, waitMs = 10_000): ChargeOptions {
  return { key: { route: 'POST /v1/payments', key }, waitMs };
}

export const KEYLESS: ChargeOptions = { waitMs: 10_000 };

/** One word or two for an answer: `completed 201`, `gateway_failed`, `202 PROCESSING`, `order_conflict`. */
export function told(answer: ChargeAnswer): string {
  if (answer.kind === 'problem') return answer.code;
  if (answer.kind === 'unsettled') return `202 ${answer.payment.status}`;
  return answer.frozen.problem ?? `completed ${answer.started ? 201 : 200}`;
}
