import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { type Store, StoreError } from '../ports/store.ts';
import type { NotReady, Payonce } from './api.ts';
import { exclusiveProblem } from './capturing/problem.ts';
import { createExclusiveReads } from './capturing/reads.ts';
import type { Charging } from './charging/request.ts';
import { type Engine, type Limits, livemodeOf, type Shared } from './context.ts';
import { createDatabaseClock } from './database-clock.ts';
import { ROOMS } from './effects/index.ts';
import { createHalt } from './halt.ts';
import { createHomes } from './homes.ts';
import { momentOf } from './moment.ts';
import { type AtGateway, engineAt, type GatewayOptions, workAt } from './one-gateway.ts';
import { operatorProblem } from './operator/problem.ts';
import { createOutage } from './outage.ts';
import { createOwnMode } from './own-mode.ts';
import { pause } from './pause.ts';
import { createPaymentReads } from './payment-reads.ts';
import { problem } from './problem.ts';
import { refundProblem } from './refunding/problem.ts';
import { createRefundReads } from './refunding/reads.ts';
import { createReplayCache } from './replay-cache.ts';
import { createRouting, gatewayNamed } from './routing.ts';
import { createShow } from './show-now.ts';
import { checkContract, checkModes, checkStart, tellOpenElsewhere } from './start-checks.ts';
import { createStarting } from './starting.ts';
import { createWaiters } from './waiters.ts';
import { webhookProblem } from './webhooks/problem.ts';

export interface EngineOptions extends GatewayOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly limits: Limits;
  /** How many frozen answers are kept in memory at most. 0: none. */
  readonly cacheEntries: number;
  /** How long a frozen answer may be given, in milliseconds. It is the store's own setting. */
  readonly answerRetentionMs: number;
  /** More gateways of this process. Then each, the first too, names its `accounts`. Default: none. */
  readonly others?: readonly GatewayOptions[];
  /** Start although the gateway has another address and something is open there. Default `false`. */
  readonly acceptGatewayChange?: boolean;
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
 * payments of the other mode (test payments while the gateway moves real money, or the reverse), if a gateway has
 * another address while something is open there, if a gateway's contract is unsafe (`domain/contract-check.ts`), if some gateways move real
 * money and others do not, or if they share a name or an account (`homes.ts`).
 */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const { clock, answerRetentionMs } = options;
  const placed: readonly GatewayOptions[] = [options, ...(options.others ?? [])];
  for (const { gateway, policy } of placed) checkContract(gateway, policy);
  checkModes(placed);
  const homes = createHomes(placed);
  const shared = await share(options, placed);
  const { store, halt, outage } = shared;
  const first = engineAt(shared, options);
  // By the gateway's name, as payments have it.
  const engines: ReadonlyMap<string, Engine> = new Map([
    [first.gateway.name, first],
    ...(options.others ?? []).map((other) => [other.gateway.name, engineAt(shared, other)] as const),
  ]);
  for (const engine of engines.values()) await checkStart(engine, options.acceptGatewayChange ?? false);
  await tellOpenElsewhere(first, engines);
  const waiters = createWaiters(clock);
  const cache = createReplayCache(options.cacheEntries, clock);
  const show = createShow(shared, (gateway) => engines.get(gateway) ?? first);
  const [starting, chargings] = [createStarting(), new Map<string, Charging>()];
  const parts = { show, waiters, cache, starting, answerRetentionMs, homes, chargings };
  const gateways: ReadonlyMap<string, AtGateway> = new Map(
    [...engines].map(([name, engine]) => [name, workAt(engine, parts)]),
  );
  const requests = createRouting(shared, gateways, homes);
  let stopping = false;
  async function notReady(): Promise<NotReady | null> {
    if (stopping) return 'stopping';
    if (halt.halted) return 'stopped';
    try {
      await store.check();
      // It answers, but what we write there fails or waits in vain.
      if (outage.sinceFailureMs() >= UNREADY_AFTER_MS) return 'database_unavailable';
      return (await shared.ownMode.holds()) ? null : 'stopped';
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return error.kind === 'refused' ? 'database_refuses' : 'database_unavailable';
    }
  }
  /** Why an operator's request is not taken. Null: it is. */
  function refusal() {
    if (stopping) return operatorProblem('shutting_down');
    return halt.halted ? operatorProblem('installation_changed') : null;
  }
  /** Why a capture or a void is not taken. Null: it is. */
  function exclusiveRefusal() {
    if (stopping) return exclusiveProblem('shutting_down');
    return halt.halted ? exclusiveProblem('installation_changed') : null;
  }
  for (const at of gateways.values()) at.start();
  return {
    charge(order, chargeOptions) {
      if (stopping) return Promise.resolve(problem('shutting_down', null));
      if (halt.halted) return Promise.resolve(problem('installation_changed', null));
      return requests.charge(order, chargeOptions);
    },
    refund(wanted, refundOptions) {
      if (stopping) return Promise.resolve(refundProblem('shutting_down'));
      if (halt.halted) return Promise.resolve(refundProblem('installation_changed'));
      return requests.refund(wanted, refundOptions);
    },
    capture: async (wanted, options) => exclusiveRefusal() ?? requests.capture(wanted, options),
    void: async (wanted, options) => exclusiveRefusal() ?? requests.void(wanted, options),
    ...createPaymentReads(shared, show),
    ...createRefundReads(shared, show),
    ...createExclusiveReads(shared, show),
    lookNow: async (wanted) => refusal() ?? requests.lookNow(wanted),
    resolve: async (wanted) => refusal() ?? requests.resolve(wanted),
    async gatewayWebhook(wanted) {
      if (stopping) return webhookProblem('shutting_down');
      if (halt.halted) return webhookProblem('installation_changed');
      const at = gatewayNamed(gateways, wanted.gateway ?? first.gateway.name);
      return at === undefined ? webhookProblem('not_found') : at.webhook(wanted);
    },
    ready: async () => (await notReady()) === null,
    notReady,
    async stop(withinMs = 10_000) {
      stopping = true;
      const drained = Promise.all([...gateways.values()].map((at) => at.drain()));
      const inTime = await Promise.race([drained.then(() => true), pause(clock, withinMs).then(() => false)]);
      if (!inTime)
        shared.log.warn({ limit_ms: withinMs }, 'the drain took too long; the rest is left to its lease');
      waiters.close();
    },
  };
}

/** What belongs to the process. Rejects with `StoreError` if the store cannot be read. */
async function share(
  { store, clock, random, log, limits, gateway }: EngineOptions,
  placed: readonly GatewayOptions[],
): Promise<Shared> {
  const sent = momentOf(clock);
  const leaseMs = Math.max(...placed.map(({ policy }) => policy.leaseMs));
  const { nowMs: databaseMs, longestLeaseMs } = await store.noteLease(leaseMs);
  const halt = createHalt(log);
  const livemode = livemodeOf(gateway);
  return {
    store,
    clock,
    random,
    log,
    limits,
    installationId: await store.installationId(),
    databaseClock: createDatabaseClock(clock, {
      databaseMs,
      sent,
      longestLeaseMs,
      blindAfterMs: Math.max(5000, 3 * limits.sweepMs),
    }),
    halt,
    outage: createOutage(clock, log),
    livemode,
    ownMode: createOwnMode({ store, livemode, halt }),
    rooms: ROOMS,
  };
}
