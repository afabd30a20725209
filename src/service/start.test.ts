/**
 * How the service is assembled: each setting reaches the part that it is for, and what is started is stopped in order. The parts
 * are the real ones, on a real PostgreSQL. What each part is given is recorded.
 */
import cluster from 'node:cluster';
import { EventEmitter } from 'node:events';
import type { Pool } from 'pg';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import { createDatabase } from '../../test/support/database.ts';
import type { Access } from '../access/access.ts';
import { readConfig, SETTINGS } from '../config.ts';
import type { RunningEngine } from '../engine/engine.ts';
import { choosePort } from './listen.ts';
import { createLog } from './log.ts';
import { startService } from './start.ts';
import { startWorkers } from './workers.ts';

type Options = Readonly<Record<string, unknown>>;

const parts = vi.hoisted(() => {
  const given: Record<string, unknown> = {};
  const events: string[] = [];
  /** Records when a piece of work begins and when it has ended. */
  async function noted(what: string, work: () => unknown): Promise<void> {
    events.push(what);
    await work();
    // A caller that does not wait for the work goes on now.
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${what}: ended`);
  }
  return { given, events, noted, sent: Promise.resolve(), databaseUrl: '', failsToStart: false };
});

vi.mock('../engine/engine.ts', async (original) => {
  const real = await original<typeof import('../engine/engine.ts')>();
  return {
    ...real,
    async startEngine(options: Parameters<typeof real.startEngine>[0]): Promise<RunningEngine> {
      parts.given.engine = options;
      if (parts.failsToStart) throw new Error('no engine');
      const engine = await real.startEngine(options);
      return {
        ...engine,
        stop(withinMs) {
          parts.given.stopWithinMs = withinMs;
          parts.given.isDraining = (parts.given.server as { isDraining(): boolean }).isDraining();
          return parts.noted('the engine', async () => {
            await engine.stop(withinMs);
            // The service waits for both. Who does not wait for the engine would not be seen while it waits for these.
            await parts.sent;
          });
        },
      };
    },
  };
});

vi.mock('./outgoing.ts', async (original) => {
  const real = await original<typeof import('./outgoing.ts')>();
  return {
    ...real,
    openOutgoing(...options: Parameters<typeof real.openOutgoing>) {
      const opened = real.openOutgoing(...options);
      const stop: typeof opened.stop = (withinMs) => {
        parts.sent = opened.stop(withinMs);
        return parts.sent;
      };
      return { ...opened, stop };
    },
  };
});

vi.mock('../postgres/index.ts', async (original) => {
  const real = await original<typeof import('../postgres/index.ts')>();
  return {
    ...real,
    createPostgresStore(options: Parameters<typeof real.createPostgresStore>[0]) {
      parts.given.store = options;
      noteEnd('the pool', options.pool);
      return real.createPostgresStore(options);
    },
  };
});

vi.mock('../fake-gateway/index.ts', async (original) => {
  const real = await original<typeof import('../fake-gateway/index.ts')>();
  return {
    ...real,
    createPostgresLedger(pool: Pool) {
      parts.given.ledgerPool = pool;
      noteEnd('the ledger’s pool', pool);
      return real.createPostgresLedger(pool);
    },
    createFakeGateway(options: Parameters<typeof real.createFakeGateway>[0]) {
      parts.given.fakeGateway = options;
      const gateway = real.createFakeGateway(options);
      const close = gateway.close.bind(gateway);
      gateway.close = () => {
        parts.events.push('the fake gateway');
        close();
      };
      return gateway;
    },
  };
});

vi.mock('../http/server.ts', async (original) => {
  const real = await original<typeof import('../http/server.ts')>();
  return {
    ...real,
    createServer(options: Parameters<typeof real.createServer>[0]) {
      parts.given.server = options;
      const app = real.createServer(options);
      const close = app.close.bind(app) as () => Promise<undefined>;
      app.close = (() => parts.noted('the server', close)) as typeof app.close;
      return app;
    },
  };
});

vi.mock('../gateways/http/index.ts', async (original) => {
  const real = await original<typeof import('../gateways/http/index.ts')>();
  return {
    ...real,
    createHttpGateway(options: Parameters<typeof real.createHttpGateway>[0]) {
      parts.given.gateway = options;
      const gateway = real.createHttpGateway(options);
      return { ...gateway, close: () => parts.noted('the gateway’s connections', () => gateway.close()) };
    },
  };
});

vi.mock('./embedded.ts', () => ({
  async startEmbedded(options: Options) {
    parts.given.embedded = options;
    return {
      url: parts.databaseUrl,
      stop: (mode: string) => parts.noted(`the embedded database, ${mode}`, () => {}),
    };
  },
}));

vi.mock('./supervise.ts', () => ({
  superviseWorkers(options: Options) {
    parts.given.workers = options;
    return { ready: new Promise(() => {}), stop: () => parts.noted('the workers', () => {}) };
  },
}));

function noteEnd(what: string, pool: Pool): void {
  const end = pool.end.bind(pool) as () => Promise<void>;
  pool.end = (() => parts.noted(what, end)) as typeof pool.end;
}

/** The value at a path in what the parts were given, such as `engine.policy.leaseMs`. */
function at(path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, name) => (value as Options | undefined)?.[name], parts.given);
}

async function testDatabase(): Promise<string> {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  return database.url;
}

beforeEach(() => {
  for (const name of Object.keys(parts.given)) delete parts.given[name];
  parts.events.length = 0;
  parts.failsToStart = false;
});

const quiet = { LOG_LEVEL: 'silent' };

async function runOnce(env: Record<string, string>): Promise<{ readonly url: string }> {
  const config = readConfig({ ...quiet, ...env });
  const service = await startService(config, createLog(config));
  await service.stop();
  return service;
}

type Name = keyof typeof SETTINGS;
/** Of each setting: its text in the environment, the value that is read from it, and the path at which that must be found. */
type Row = readonly [name: Name, text: string, value: unknown, ...places: string[]];

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

/** No two values are the same, so that a test fails if one setting is in the place of another. */
const AT_A_GATEWAY: readonly Row[] = [
  ['DATABASE_POOL', '7', 7, 'store.pool.options.max'],
  ['DATABASE_TIMEOUT_MS', '5003', 5003, 'store.timeoutMs', 'store.pool.options.connectionTimeoutMillis'],
  ['GATEWAY', 'http', undefined, 'server.mount', 'fakeGateway', 'embedded'],
  ['GATEWAY_URL', 'http://127.0.0.1:9/base', 'http://127.0.0.1:9/base', 'gateway.url'],
  ['GATEWAY_NAME', 'acquirer-4', 'acquirer-4', 'gateway.name'],
  ['GATEWAY_CHANGE', 'accept', true, 'engine.acceptGatewayChange'],
  ['GATEWAY_LIVEMODE', 'no', false, 'gateway.livemode'],
  ['GATEWAY_TOKEN', 'token-5', 'token-5', 'gateway.token'],
  ['GATEWAY_WEBHOOK_SECRET', SECRET, [SECRET], 'gateway.webhookSecrets'],
  ['GATEWAY_KEYS', 'none', 'none', 'gateway.contract.keys', 'engine.policy.contract.keys'],
  ['GATEWAY_KEY_WINDOW_MS', '70006', 70_006, 'engine.policy.contract.keyWindowMs'],
  ['GATEWAY_CACHES_ERRORS', 'yes', true, 'engine.policy.contract.cachesErrors'],
  ['GATEWAY_LOOKUP', 'no', false, 'engine.policy.contract.lookup'],
  ['GATEWAY_LOOKUP_LAG_MS', '70007', 70_007, 'engine.policy.contract.lookupLagMs'],
  ['GATEWAY_LANDS_WITHIN_MS', '70008', 70_008, 'engine.policy.contract.landsWithinMs'],
  ['GATEWAY_ERRORS_LAND_WITHIN_MS', '60010', 60_010, 'engine.policy.contract.errorsLandWithinMs'],
  ['GATEWAY_AUTHORIZED_FOR_MS', '70009', 70_009, 'engine.policy.contract.authorizedForMs'],
  ['CALL_TIMEOUT_MS', '9009', 9009, 'engine.limits.callTimeoutMs'],
  ['LEASE_MS', '12010', 12_010, 'engine.policy.leaseMs'],
  ['MAX_ATTEMPTS', '11', 11, 'engine.policy.maxAttempts'],
  ['BACKOFF_BASE_MS', '112', 112, 'engine.policy.backoffBaseMs'],
  ['BACKOFF_CAP_MS', '10113', 10_113, 'engine.policy.backoffCapMs'],
  ['RETRY_AFTER_CAP_MS', '60014', 60_014, 'engine.policy.retryAfterCapMs'],
  ['CALL_DEADLINE_MS', '900015', 900_015, 'engine.policy.callDeadlineMs'],
  ['GIVE_UP_AFTER_S', '16', 16, 'engine.policy.giveUpAfterS'],
  ['FORBIDDEN_PAUSE_MS', '30017', 30_017, 'engine.policy.forbiddenPauseMs'],
  ['LOOKUP_BASE_MS', '10018', 10_018, 'engine.policy.lookupBaseMs'],
  ['LOOKUP_CAP_MS', '3600019', 3_600_019, 'engine.policy.lookupCapMs'],
  ['PENDING_POLL_MS', '1020', 1020, 'engine.policy.pendingPollMs'],
  ['ACTION_WITHIN_MS', '3600027', 3_600_027, 'engine.policy.actionWithinMs'],
  ['RESOLVE_FOR_MS', '259200021', 259_200_021, 'engine.policy.resolveForMs'],
  ['REVIEW_LOOKUP_MS', '86400022', 86_400_022, 'engine.policy.reviewLookupMs'],
  ['MAX_CALLS', '223', 223, 'engine.gate.maxCalls', 'gateway.maxConnections'],
  ['MAX_LOOKUPS', '24', 24, 'engine.gate.maxLookups', 'gateway.maxLookupConnections'],
  ['SWEEP_MS', '525', 525, 'engine.limits.sweepMs'],
  ['WAIT_MS', '10026', 10_026, 'server.defaultWaitMs'],
  ['MAX_WAIT_MS', '60027', 60_027, 'server.maxWaitMs'],
  ['SEED_WAIT_MS', '30028', 30_028, 'server.seedWaitMs'],
  [
    'ANSWER_RETENTION_MS',
    '2592029',
    2_592_029,
    'engine.answerRetentionMs',
    'store.answerRetentionMs',
    'server.answerRetentionMs',
  ],
  ['CACHE_ENTRIES', '5030', 5030, 'engine.cacheEntries'],
  ['BODY_LIMIT_BYTES', '65031', 65_031, 'server.bodyLimitBytes'],
  ['DRAIN_MS', '9032', 9032, 'stopWithinMs'],
];

const BY_DEFAULT_FAKE: readonly Row[] = [
  ['DATA_DIR', '/nowhere/data', '/nowhere/data', 'embedded.dataDir'],
  ['HOST', 'localhost', ['localhost'], 'fakeGateway.hosts'],
  ['FAKE_GATEWAY_SEED', '33', 33, 'fakeGateway.seed'],
  ['RESTORED_AT', '2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12), 'engine.policy.restoredAtMs'],
];

/** Each of these has its own test below. */
const ALONE: readonly Name[] = ['AUTH', 'PORT', 'WORKERS', 'DATABASE_URL', 'LOG_LEVEL'];
/** In `gateway.test.ts`; nothing takes the last one yet. */
const OF_STRIPE: readonly Name[] = [
  'STRIPE_SECRET_KEY',
  'STRIPE_ACCOUNT',
  'STRIPE_API_BASE',
  'STRIPE_WEBHOOK_SECRET',
];

/** In `config/gateways-file.test.ts` and `test/e2e/several-gateways.test.ts`. */
const OF_SEVERAL: readonly Name[] = ['GATEWAYS_FILE'];

/** In `test/e2e/webhooks-out.test.ts`. */
const OF_EVENTS: readonly Name[] = ['WEBHOOK_ENCRYPTION_KEY', 'WEBHOOK_ALLOW_PRIVATE'];

const environment = (rows: readonly Row[]): Record<string, string> =>
  Object.fromEntries(rows.map(([name, text]) => [name, text]));
const found = (rows: readonly Row[]): unknown[] =>
  rows.flatMap(([name, , , ...places]) => places.map((place) => [name, place, at(place)]));
const wanted = (rows: readonly Row[]): unknown[] =>
  rows.flatMap(([name, , value, ...places]) => places.map((place) => [name, place, value]));

describe('every setting', () => {
  it('is in a table here, with a value that is neither its default nor another one’s', () => {
    const rows = [...AT_A_GATEWAY, ...BY_DEFAULT_FAKE];
    expect(
      [...rows.map(([name]) => name), ...ALONE, ...OF_STRIPE, ...OF_SEVERAL, ...OF_EVENTS].sort(),
    ).toEqual(Object.keys(SETTINGS).sort());
    for (const [name, text] of rows) expect([name, String(SETTINGS[name].default)]).not.toEqual([name, text]);
    const numbers = rows.map(([, text]) => text).filter((text) => /\d/.test(text));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('arrives where it belongs, at a gateway of one’s own', async () => {
    const DATABASE_URL = await testDatabase();
    await runOnce({ ...environment(AT_A_GATEWAY), DATABASE_URL, PORT: '0' });
    expect(found(AT_A_GATEWAY)).toEqual(wanted(AT_A_GATEWAY));
    expect(at('store.pool.options.connectionString')).toBe(DATABASE_URL);
    expect(at('gateway.contract')).toEqual(at('engine.policy.contract'));
  });

  it('arrives where it belongs, with what comes along', async () => {
    parts.databaseUrl = await testDatabase();
    const { url } = await runOnce({ ...environment(BY_DEFAULT_FAKE), PORT: '0' });
    expect(found(BY_DEFAULT_FAKE)).toEqual(wanted(BY_DEFAULT_FAKE));
    expect(at('store.pool.options.connectionString')).toBe(parts.databaseUrl);
    expect(at('ledgerPool.options.connectionString')).toBe(parts.databaseUrl);
    expect(at('gateway.url')).toBe(`${url}/fake-gateway`);
    expect(at('server.host')).toBe('localhost');
    expect(at('fakeGateway.thisMachineOnly')).toBe(true);
    expect(at('server.mount')).toEqual(expect.any(Function));
  });

  it('of the fake gateway’s events need not be set: it sends them here, signed with a secret of this start', async () => {
    parts.databaseUrl = await testDatabase();
    const { url } = await runOnce({ PORT: '0' });
    expect(at('fakeGateway.webhook.url')).toBe(`${url}/v1/gateways/fake/webhooks`);
    expect(at('gateway.webhookSecrets')).toEqual([at('fakeGateway.webhook.secret')]);
    expect(at('fakeGateway.webhook.secret')).toMatch(/^whsec_/);
  });

  it('of the address is where it listens', async () => {
    parts.databaseUrl = await testDatabase();
    const port = await choosePort(readConfig({ PORT: '0' }));
    const { url } = await runOnce({ HOST: 'localhost', PORT: String(port) });
    expect(url).toBe(`http://localhost:${port}`);
  });

  it('of the log is its level', () => {
    for (const LOG_LEVEL of SETTINGS.LOG_LEVEL.of) {
      expect(createLog(readConfig({ LOG_LEVEL }))).toMatchObject({ level: LOG_LEVEL });
    }
  });

  it('that workers need beside the environment is handed down to them', async () => {
    parts.databaseUrl = await testDatabase();
    const config = readConfig({ ...quiet, WORKERS: '3', PORT: '0', DATA_DIR: '/nowhere/data' });
    const workers = await startWorkers(config, createLog(config));
    const forked = vi.spyOn(cluster, 'fork').mockImplementation(() => {
      const child = Object.assign(new EventEmitter(), { send: () => true });
      return Object.assign(new EventEmitter(), { id: 1, process: child }) as never;
    });
    onTestFinished(() => forked.mockRestore());
    (parts.given.workers as { fork(): void }).fork();
    await workers.stop();
    expect([at('workers.count'), at('embedded.dataDir')]).toEqual([3, '/nowhere/data']);
    expect(forked.mock.calls).toEqual([
      [
        {
          DATABASE_URL: parts.databaseUrl,
          GATEWAY: 'fake',
          GATEWAY_CHANGE: 'refuse',
          GATEWAY_WEBHOOK_SECRET: expect.stringMatching(/^whsec_/),
          PORT: expect.stringMatching(/^[1-9]\d*$/),
        },
      ],
    ]);
  });
});

describe('a start without any API key', () => {
  const words = (mode: string): RegExp =>
    new RegExp(
      `each request needs an API key\\. The database has none yet[^]* payonce keys create --mode ${mode} --scopes admin\\n[^]*\\nNothing was started\\.$`,
    );
  const live = { GATEWAY: 'http', GATEWAY_URL: 'http://127.0.0.1:9' };

  it.each([
    [{ AUTH: 'required', GATEWAY: 'fake' }, words('test')],
    [{ AUTH: 'required', ...live }, words('live')],
    [{ AUTH: 'required', ...live, GATEWAY_LIVEMODE: 'no' }, words('test')],
    [{ HOST: '0.0.0.0', GATEWAY: 'fake' }, words('test')],
    [{ HOST: '::', ...live }, words('live')],
  ])('is refused with %j, with the command that makes one', async (env: Record<string, string>, said) => {
    const DATABASE_URL = await testDatabase();
    await expect(runOnce({ ...env, DATABASE_URL, PORT: '0' })).rejects.toThrow(said);
    expect(at('engine')).toBeUndefined();
    expect(parts.events).toContain('the server: ended');
  });

  it('goes on where only this machine can ask', async () => {
    await runOnce({ DATABASE_URL: await testDatabase(), GATEWAY: 'fake', PORT: '0' });
    expect(await admitted()).toMatchObject({ accountId: 'default', keyId: null });
  });

  it.each([{ AUTH: 'required' }, { HOST: '0.0.0.0' }, {}])(
    'with a key there is one, and each request needs it: %j',
    async (env: Record<string, string>) => {
      const DATABASE_URL = await testDatabase();
      await query(
        DATABASE_URL,
        `INSERT INTO payonce.api_keys (account_id, key_id, key_hash, last_four, livemode, scopes, revoked_at)
         VALUES ('default', gen_random_uuid(), repeat('0', 64), 'last', false, '{admin}', now())`,
      );
      await runOnce({ ...env, DATABASE_URL, GATEWAY: 'fake', PORT: '0' });
      expect(await admitted()).toBe('unauthorized');
    },
  );

  /** Who a request without a key counts as. */
  const admitted = () => (at('server.access') as Access).admit(undefined);
});

describe('every part', () => {
  it('has the same log, the pools are ours alone, and idle connections are kept alive', async () => {
    parts.databaseUrl = await testDatabase();
    const config = readConfig({ ...quiet, PORT: '0' });
    const log = createLog(config);
    await (await startService(config, log)).stop();
    for (const place of ['engine.log', 'store.log', 'server.logger', 'fakeGateway.log']) {
      expect([place, at(place) === log]).toEqual([place, true]);
    }
    expect(at('store.ownPool')).toBe(true);
    expect(at('engine.gateway.name')).toBe('fake');
    // It moves with the service.
    expect(at('engine.gateway.address')).toBeUndefined();
    expect([at('ledgerPool.options.max'), at('ledgerPool') === at('store.pool')]).toEqual([4, false]);
    expect(at('store.pool.options')).toMatchObject({
      application_name: 'payonce',
      keepAlive: true,
      keepAliveInitialDelayMillis: 30_000,
    });
    // What the longest drain leaves of the 15 s after SIGTERM, without the time to close the pools.
    expect(at('server.closeGraceMs')).toBe(1000);
  });

  it.each([
    ['alone', 1],
    ['worker', 0],
  ] as const)('of a service that runs %s: connections are counted %i times', async (role, times) => {
    const env = { DATABASE_URL: await testDatabase(), GATEWAY: 'fake', DATABASE_POOL: '1000' };
    const config = readConfig({
      ...quiet,
      ...env,
      PORT: String(await choosePort(readConfig({ PORT: '0' }))),
    });
    const warned: string[] = [];
    const log = Object.assign(createLog(config), {
      warn: (_fields: object, message: string) => void warned.push(message),
    });
    await (await startService(config, log, { role })).stop();
    expect(warned.filter((message) => message.includes('max_connections'))).toHaveLength(times);
  });
});

describe('the stop', () => {
  it('ends the calls first, then what they need, the database last, and waits for each', async () => {
    parts.databaseUrl = await testDatabase();
    await runOnce({ PORT: '0' });
    // Both pools end at the same time, in any order.
    const events = parts.events.map((event) => event.replace(/^the (ledger’s )?pool/, 'a pool'));
    expect(events.slice(7, 11).sort()).toEqual(['a pool', 'a pool', 'a pool: ended', 'a pool: ended']);
    expect(events.toSpliced(7, 4)).toEqual([
      'the engine',
      'the engine: ended',
      'the fake gateway',
      'the server',
      'the server: ended',
      'the gateway’s connections',
      'the gateway’s connections: ended',
      'the embedded database, fast',
      'the embedded database, fast: ended',
    ]);
    expect(at('isDraining')).toBe(true);
  });

  it('is one, however often it is asked for', async () => {
    const DATABASE_URL = await testDatabase();
    const config = readConfig({ ...quiet, DATABASE_URL, GATEWAY: 'fake', PORT: '0' });
    const service = await startService(config, createLog(config));
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
    expect(parts.events.filter((event) => event === 'the engine')).toHaveLength(1);
  });

  it('of workers ends the embedded database behind the last of them', async () => {
    parts.databaseUrl = await testDatabase();
    const config = readConfig({ ...quiet, WORKERS: '2', PORT: '0' });
    await (await startWorkers(config, createLog(config))).stop();
    expect(parts.events).toEqual([
      'the workers',
      'the workers: ended',
      'the embedded database, fast',
      'the embedded database, fast: ended',
    ]);
  });

  it('comes also where the start fails, and leaves nothing behind', async () => {
    parts.databaseUrl = await testDatabase();
    parts.failsToStart = true;
    const port = String(await choosePort(readConfig({ PORT: '0' })));
    await expect(runOnce({ PORT: port })).rejects.toThrow('no engine');
    expect(parts.events).toContain('the pool: ended');
    expect(parts.events.at(-1)).toBe('the embedded database, fast: ended');
    // Nothing listens there any more.
    expect(await choosePort(readConfig({ PORT: port }))).toBe(Number(port));
  });
});

it.each([
  ['alone', true],
  ['worker', false],
] as const)(
  'a process that cannot use the database says that nothing was started: %s, %s',
  async (role, says) => {
    const config = readConfig({
      ...quiet,
      DATABASE_URL: 'postgres://payonce@127.0.0.1:1/none',
      GATEWAY: 'fake',
    });
    const error = await startService(config, createLog(config), { role }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ message: expect.stringContaining('The database cannot be reached') });
    expect(String(error).includes('Nothing was started.')).toBe(says);
  },
);
