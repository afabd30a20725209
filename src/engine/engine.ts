import { isUuid } from '../domain/ids.ts';
import type { Policy } from '../domain/policy.ts';
import type { Clock } from '../ports/clock.ts';
import type { Gateway } from '../ports/gateway.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { type Store, StoreError } from '../ports/store.ts';
import { createAheadMemory } from './ahead-memory.ts';
import type { NotReady, Payonce } from './api.ts';
import { createCharging } from './charge.ts';
import { type Engine, type Limits, livemodeOf } from './context.ts';
import { createDatabaseClock } from './database-clock.ts';
import { createDriver } from './drive.ts';
import { ROOMS } from './effects/index.ts';
import { createGate, type GateOptions } from './gate.ts';
import { createHalt } from './halt.ts';
import { createLateNews } from './late-news.ts';
import { momentOf } from './moment.ts';
import { lookNow } from './operator/look-now.ts';
import { operatorProblem } from './operator/problem.ts';
import { resolve } from './operator/resolve.ts';
import { createOutage } from './outage.ts';
import { createOwnMode } from './own-mode.ts';
import { pause } from './pause.ts';
import { problem } from './problem.ts';
import { createSweeper } from './recover.ts';
import { refundProblem } from './refunding/problem.ts';
import { createRefundReads } from './refunding/reads.ts';
import { createRefunding } from './refunding/refund.ts';
import { createReplayCache } from './replay-cache.ts';
import { createShortage } from './shortage.ts';
import { createShow } from './show-now.ts';
import { createStanding } from './standing.ts';
import { checkPolicy, checkStart } from './start-checks.ts';
import { createWaiters } from './waiters.ts';

export interface EngineOptions {
  readonly store: Store;
  readonly gateway: Gateway;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly policy: Policy;
  readonly limits: Limits;
  readonly gate: Omit<GateOptions, 'clock'>;
  /** How many frozen answers are kept in memory at most. 0: none. */
  readonly cacheEntries: number;
  /** How long a frozen answer may be given, in milliseconds. It is the store's own setting. */
  readonly answerRetentionMs: number;
}

export interface RunningEngine extends Payonce {
  /**
   * Accepts nothing new and finishes what is under way, for `withinMs` at most (default 10,000). Then clients that
   * still wait are answered with what is known. The rest is left until its lease ends, and the next sweep takes it
   * up.
   */
  stop(withinMs?: number): Promise<void>;
}

/** A statement that was ended once, or a connection that was replaced, is no reason to send clients elsewhere. */
const UNREADY_AFTER_MS = 3000;

/**
 * Starts the engine: from now on everything that is due is taken up. Rejects with `StoreError` if the store cannot
 * be read. Rejects with an `Error` that says what to do if the store belongs to another installation, if it holds
 * payments of the other mode (test payments while the gateway moves real money, or the reverse), or if it was
 * restored and the gateway has no lookups.
 */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const { store, clock } = options;
  checkPolicy(options.policy);
  const sent = momentOf(clock);
  const { nowMs: databaseMs, longestLeaseMs } = await store.noteLease(options.policy.leaseMs);
  const halt = createHalt(options.log);
  const livemode = livemodeOf(options.gateway);
  const engine: Engine = {
    ...options,
    gate: createGate({ clock, log: options.log, ...options.gate }),
    installationId: await store.installationId(),
    databaseClock: createDatabaseClock(clock, {
      databaseMs,
      sent,
      longestLeaseMs,
      blindAfterMs: Math.max(5000, 3 * options.limits.sweepMs),
    }),
    halt,
    outage: createOutage(clock, options.log),
    lateNews: createLateNews(),
    ahead: createAheadMemory(),
    shortage: createShortage(clock, options.log),
    standing: createStanding(clock),
    livemode,
    ownMode: createOwnMode({ store, livemode, halt }),
    rooms: ROOMS,
  };
  await checkStart(engine);
  const waiters = createWaiters(clock);
  const driver = createDriver({ engine, onChange: waiters.changed, onForget: waiters.released });
  const sweeper = createSweeper(engine, driver);
  const cache = createReplayCache(options.cacheEntries, clock);
  const refund = createRefunding({ engine, driver, waiters });
  const show = createShow(engine);
  const reads = createRefundReads(engine, show);
  const operating = { engine, driver, show };
  const charge = createCharging({
    engine,
    driver,
    waiters,
    cache,
    answerRetentionMs: options.answerRetentionMs,
  });
  let stopping = false;
  async function notReady(): Promise<NotReady | null> {
    if (stopping) return 'stopping';
    if (engine.halt.halted) return 'stopped';
    try {
      await store.check();
      // It answers, but what we write there fails or waits in vain.
      if (engine.outage.sinceFailureMs() >= UNREADY_AFTER_MS) return 'database_unavailable';
      return (await engine.ownMode.holds()) ? null : 'stopped';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return error.kind === 'refused' ? 'database_refuses' : 'database_unavailable';
    }
  }
  /** Why an operator's request is not taken. Null: it is. */
  function refusal() {
    if (stopping) return operatorProblem('shutting_down');
    return engine.halt.halted ? operatorProblem('installation_changed') : null;
  }
  sweeper.start();
  return {
    charge(order, chargeOptions) {
      if (stopping) return Promise.resolve(problem('shutting_down', null));
      if (engine.halt.halted) return Promise.resolve(problem('installation_changed', null));
      return charge(order, chargeOptions);
    },
    async payment(accountId, paymentId) {
      if (!isUuid(paymentId)) return null;
      const record = await store.payment(accountId, paymentId);
      return (await show.payments(accountId, record === null ? [] : [record]))[0] ?? null;
    },
    payments: async (accountId, filter) =>
      show.payments(accountId, await store.payments({ accountId, ...filter })),
    async events(accountId, paymentId, filter) {
      if (!isUuid(paymentId)) return null;
      const events = await store.events({ accountId, paymentId, ...filter });
      if (events !== null) await show.requireOwnMode();
      return events;
    },
    refund(wanted, refundOptions) {
      if (stopping) return Promise.resolve(refundProblem('shutting_down'));
      if (engine.halt.halted) return Promise.resolve(refundProblem('installation_changed'));
      return refund(wanted, refundOptions);
    },
    ...reads,
    lookNow: async (wanted) => refusal() ?? lookNow(operating, wanted),
    resolve: async (wanted) => refusal() ?? resolve(operating, wanted),
    ready: async () => (await notReady()) === null,
    notReady,
    async stop(withinMs = 10_000) {
      stopping = true;
      const drained = Promise.all([sweeper.stop(), driver.drain()]).then(() => engine.lateNews.stored());
      const inTime = await Promise.race([drained.then(() => true), pause(clock, withinMs).then(() => false)]);
      if (!inTime)
        engine.log.warn({ limit_ms: withinMs }, 'the drain took too long; the rest is left to its lease');
      waiters.close();
    },
  };
}
