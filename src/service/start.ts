/**
 * The composition root of the service: opens the database, mounts the fake gateway or connects to a real one, starts the engine and
 * listens.
 *
 * A process on its own listens before it is ready. So a taken port is reported before the engine starts, and the mounted fake
 * gateway has an address. A worker listens only when it is ready. Otherwise it would take requests from the shared port that a
 * ready worker could serve.
 */
import { webhookSecrets } from '../config/webhook-secrets.ts';
import type { Config } from '../config.ts';
import type { GatewayContract } from '../domain/contract.ts';
import type { Policy } from '../domain/policy.ts';
import type { Payonce } from '../engine/api.ts';
import { DEFAULT_LIMITS, livemodeOf } from '../engine/context.ts';
import { type RunningEngine, startEngine } from '../engine/engine.ts';
import type { GatewayOptions } from '../engine/one-gateway.ts';
import {
  createFakeGateway,
  createPostgresLedger,
  DEMO_FAULTS,
  type FakeGateway,
} from '../fake-gateway/index.ts';
import type { HttpLogger } from '../http/access-log.ts';
import { createServer } from '../http/server.ts';
import type { Log } from '../ports/log.ts';
import { createPostgresStore, inWords, migrate } from '../postgres/index.ts';
import { systemClock } from '../system/clock.ts';
import { systemRandom } from '../system/random.ts';
import { openAccess } from './access.ts';
import { FAKE_GATEWAY_POOL, warnOfShortage } from './connection-budget.ts';
import { type Database, openDatabase } from './database.ts';
import { addressOf, type OpenGateway, openGateways } from './gateway.ts';
import { listen, urlOf } from './listen.ts';
import { openOutgoing } from './outgoing.ts';
import { startingUp } from './starting-up.ts';
import type { WorkerReady } from './supervise.ts';
import { withWebhookSecret } from './webhook-secret.ts';

/** `url` and `gatewayUrl`: without a slash at the end; of several gateways with commas between. */
export interface Service extends WorkerReady {
  /** Takes nothing new, finishes what is under way within `DRAIN_MS`, and closes everything. Idempotent. */
  stop(): Promise<void>;
}

export type ServiceLog = Log & HttpLogger;

export interface StartOptions {
  /**
   * `worker`: one of several. The process that started it chose the port and counts the connections. A worker listens when it is
   * ready.
   */
  readonly role: 'alone' | 'worker';
}

/** Starts the whole service. If it rejects, nothing is left running, and the error says what to do. */
export async function startService(
  config: Config,
  log: ServiceLog,
  options: StartOptions = { role: 'alone' },
): Promise<Service> {
  const database = await openDatabase(config, log);
  try {
    return await serve(withWebhookSecret(config), log, database, options);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function serve(
  config: Config,
  log: ServiceLog,
  database: Database,
  { role }: StartOptions,
): Promise<Service> {
  const pool = database.openPool({ name: 'payonce', max: config.DATABASE_POOL });
  const refuse = refuseStart(role);
  await migrate(pool).catch(refuse);
  if (role === 'alone') await warnOfShortage(pool, config, log);
  let address = urlOf(config.HOST, config.PORT);
  const fake =
    config.GATEWAY === 'fake'
      ? await openFakeGateway(config, log, database, () => address).catch(refuse)
      : null;
  let gateways: readonly OpenGateway[] = [];
  const livemode = () => (gateways[0] === undefined ? null : livemodeOf(gateways[0].gateway));
  const { access, needsKey, complaint } = await openAccess(config, { database, livemode, log }).catch(refuse);
  const webhooks = openOutgoing(config, { database, log });
  let engine: RunningEngine | null = null;
  let draining = false;
  const payonce = startingUp(() => engine);
  const app = createServer({
    ...serverOptions(config, log, payonce),
    access,
    outgoing: webhooks.outgoing,
    isDraining: () => draining,
    ...(fake === null ? {} : { mount: async (scope) => fake.register(scope, { prefix: '/fake-gateway' }) }),
  });
  const early = role === 'alone' ? await listen(app, config) : null;
  address = early ?? address;
  const fakeUrl = `${address}/fake-gateway`;
  const closeAll = async (): Promise<void> => {
    draining = true;
    // The fake gateway listens until the engine has drained: the drain waits for its answers.
    const sent = webhooks.stop(CLOSE_GRACE_MS);
    if (engine !== null) await engine.stop(config.DRAIN_MS);
    await within(CLOSE_MS, sent, log, UNSENT);
    fake?.close();
    await within(CLOSE_MS, app.close(), log, CUT);
    for (const { gateway } of gateways) await gateway.close();
  };
  let url: string;
  try {
    if (complaint !== null) refuse(new Error(complaint));
    gateways = await openGateways(config, fakeUrl, log).catch(refuse);
    engine = await startTheEngine(config, log, pool, gateways);
    url = early ?? (await listen(app, config));
    webhooks.start(engine);
  } catch (error) {
    await closeAll();
    throw error;
  }
  let stopped: Promise<void> | null = null;
  return {
    url,
    gatewayUrl: [config, ...config.others].map((one) => addressOf(one, fakeUrl)).join(', '),
    livemode: livemode() ?? false,
    needsKey,
    isFake: fake !== null && config.others.length === 0,
    stop: () => {
      stopped ??= closeAll().then(() => database.close());
      return stopped;
    },
  };
}

/** A worker cannot know whether other workers run. The process that started it says so if nothing was started. */
function refuseStart(role: StartOptions['role']): (error: unknown) => never {
  const consequence = role === 'alone' ? '\nNothing was started.' : '';
  return (error) => {
    throw new Error(inWords(error) + consequence, { cause: error });
  };
}

/** How long slow clients may take after the drain. */
const CLOSE_GRACE_MS = 1000;
/** How long the close itself may take. */
const CLOSE_MS = 1500;

function serverOptions(config: Config, logger: ServiceLog, payonce: Payonce) {
  return {
    payonce,
    logger,
    host: config.HOST,
    defaultWaitMs: config.WAIT_MS,
    maxWaitMs: config.MAX_WAIT_MS,
    seedWaitMs: config.SEED_WAIT_MS,
    answerRetentionMs: config.ANSWER_RETENTION_MS,
    bodyLimitBytes: config.BODY_LIMIT_BYTES,
    closeGraceMs: CLOSE_GRACE_MS,
  };
}

/** `address`: where this service listens. It is not known before the fake gateway is mounted. */
async function openFakeGateway(
  config: Config,
  log: Log,
  database: Database,
  address: () => string,
): Promise<FakeGateway> {
  const ledger = await createPostgresLedger(
    database.openPool({ name: 'payonce-fake-gateway', max: FAKE_GATEWAY_POOL }),
  );
  return createFakeGateway({
    ledger,
    seed: config.FAKE_GATEWAY_SEED,
    faults: DEMO_FAULTS,
    hosts: [config.HOST],
    // It approves what nobody pays.
    thisMachineOnly: true,
    webhook: {
      // Read for each event.
      get url() {
        return `${address()}/v1/gateways/fake/webhooks`;
      },
      secret: webhookSecrets(config.GATEWAY_WEBHOOK_SECRET)[0] ?? '',
    },
    log,
  });
}

async function startTheEngine(
  config: Config,
  log: Log,
  pool: ReturnType<Database['openPool']>,
  gateways: readonly OpenGateway[],
): Promise<RunningEngine> {
  const answerRetentionMs = config.ANSWER_RETENTION_MS;
  const [first, ...others] = gateways.map(placed);
  if (first === undefined) throw new Error('There is no gateway.');
  return startEngine({
    ...first,
    others,
    store: createPostgresStore({
      pool,
      answerRetentionMs,
      timeoutMs: config.DATABASE_TIMEOUT_MS,
      ownPool: true,
      log,
    }),
    clock: systemClock,
    random: systemRandom,
    log,
    limits: { ...DEFAULT_LIMITS, callTimeoutMs: config.CALL_TIMEOUT_MS, sweepMs: config.SWEEP_MS },
    acceptGatewayChange: config.GATEWAY_CHANGE === 'accept',
    cacheEntries: config.CACHE_ENTRIES,
    answerRetentionMs,
  });
}

/** Limits of calls and lookups, pauses and alarms are each gateway's own. */
function placed({ config, gateway }: OpenGateway): GatewayOptions {
  return {
    gateway,
    ...(config.accounts === undefined ? {} : { accounts: config.accounts }),
    policy: policyOf(config, gateway.contract),
    gate: { maxCalls: config.MAX_CALLS, maxLookups: config.MAX_LOOKUPS },
  };
}

function policyOf(config: Config, contract: GatewayContract): Policy {
  return {
    contract,
    leaseMs: config.LEASE_MS,
    maxAttempts: config.MAX_ATTEMPTS,
    backoffBaseMs: config.BACKOFF_BASE_MS,
    backoffCapMs: config.BACKOFF_CAP_MS,
    retryAfterCapMs: config.RETRY_AFTER_CAP_MS,
    callDeadlineMs: config.CALL_DEADLINE_MS,
    giveUpAfterS: config.GIVE_UP_AFTER_S,
    forbiddenPauseMs: config.FORBIDDEN_PAUSE_MS,
    lookupBaseMs: config.LOOKUP_BASE_MS,
    lookupCapMs: config.LOOKUP_CAP_MS,
    pendingPollMs: config.PENDING_POLL_MS,
    actionWithinMs: config.ACTION_WITHIN_MS,
    resolveForMs: config.RESOLVE_FOR_MS,
    reviewLookupMs: config.REVIEW_LOOKUP_MS,
    restoredAtMs: config.RESTORED_AT,
  };
}

const CUT =
  'the server did not close in time; its open connections are cut, and unfinished payments are taken over when their leases end';
const UNSENT =
  'some events were still being sent; their connections are cut, and they are sent again when their leases end';

/** Waits for the work, but no longer than `limitMs`. */
async function within(limitMs: number, work: Promise<unknown>, log: Log, late: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn({ limit_ms: limitMs }, late);
      resolve();
    }, limitMs);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
