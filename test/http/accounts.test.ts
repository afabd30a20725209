/**
 * Accounts from end to end: real keys, a real database and a gateway with a ledger. Every route of the API is tried as nobody, as another account and
 * with a lesser scope.
 */
import { type FastifyInstance, fastify } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeApiKey } from '../../src/domain/api-keys.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { SCOPES, type Scope } from '../../src/domain/scopes.ts';
import { DEFAULT_LIMITS } from '../../src/engine/context.ts';
import { type RunningEngine, startEngine } from '../../src/engine/engine.ts';
import { createFakeGateway, createMemoryLedger } from '../../src/fake-gateway/index.ts';
import { createHttpGateway } from '../../src/gateways/http/index.ts';
import type { Route } from '../../src/http/routes.ts';
import { SEED_ROUTES } from '../../src/http/routes-seed.ts';
import { V1_ROUTES } from '../../src/http/routes-v1.ts';
import { createServer } from '../../src/http/server.ts';
import { createKeyBooks } from '../../src/postgres/access/index.ts';
import { createPostgresStore } from '../../src/postgres/index.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemRandom } from '../../src/system/random.ts';
import { openPool } from '../postgres/harness.ts';
import { CONTRACT } from '../support/contract.ts';
import { createDatabase } from '../support/database.ts';
import { createTestKey, keyedAccess } from '../support/keys.ts';

const ROUTES = [...V1_ROUTES, ...SEED_ROUTES].map(
  ({ method, path, scope }) => [method, path, scope] as const,
);
const WHOLE_SCOPES = SCOPES.filter((scope) => scope !== 'admin');
const NO_ID = '01936b1e-7f2a-7c3d-8e4f-0123456789ab';

let app: FastifyInstance;
let keyOf: (account: string, scopes: readonly Scope[]) => Promise<string>;
let stop: () => Promise<void>;
const lines: string[] = [];

/** Payments of the account `shop`: one that is captured, one that is voided, and one with a refund. */
const ids = { capture: '', void: '', other: '' };
let shop: string;
let rival: string;

beforeAll(async () => {
  const database = await createDatabase();
  const pool = openPool(database.url, { max: 5 });
  const gatewayServer = fastify();
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  let webhookUrl = '';
  createFakeGateway({
    ledger: createMemoryLedger(),
    faults: { pending: { rate: 0, delay_ms: 10 } },
    webhook: {
      get url() {
        return webhookUrl;
      },
      secret,
    },
  }).register(gatewayServer);
  const url = await gatewayServer.listen({ port: 0, host: '127.0.0.1' });
  const gateway = createHttpGateway({ url, contract: CONTRACT, livemode: false, webhookSecrets: [secret] });
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const policy = {
    ...DEFAULT_POLICY,
    contract: CONTRACT,
    leaseMs: 60_000,
    restoredAtMs: null,
    // Only an event shows sooner how a pending charge has ended.
    pendingPollMs: 3_600_000,
  };
  const engine: RunningEngine = await startEngine({
    store: createPostgresStore({ pool, answerRetentionMs: 86_400_000, timeoutMs: 60_000 }),
    gateway,
    clock: systemClock,
    random: systemRandom,
    log: logger,
    policy,
    limits: { ...DEFAULT_LIMITS, callTimeoutMs: 50_000 },
    gate: { maxCalls: 10, maxLookups: 10 },
    cacheEntries: 100,
    answerRetentionMs: 86_400_000,
  });
  const access = keyedAccess(pool);
  app = createServer({ payonce: engine, access, logger, defaultWaitMs: 60_000 });
  webhookUrl = `${await app.listen({ port: 0, host: '127.0.0.1' })}/v1/gateways/http/webhooks`;
  const books = createKeyBooks({ pool, timeoutMs: 60_000 });
  await books.createAccount('shop');
  await books.createAccount('rival');
  keyOf = (accountId, scopes) => createTestKey(books, { accountId, scopes });
  shop = await keyOf('shop', ['admin']);
  rival = await keyOf('rival', ['admin']);
  stop = async () => {
    await app.close();
    await engine.stop(0);
    await gateway.close();
    await gatewayServer.close();
    await pool.end();
    await database.drop();
  };
  for (const what of ['capture', 'void', 'other'] as const) {
    const capture = what === 'other' ? {} : { capture_method: 'manual' };
    const answer = await ask(shop, 'POST', '/v1/payments', { ...ORDER, order_id: what, ...capture }, what);
    expect(answer.statusCode).toBe(201);
    ids[what] = answer.json().payment_id;
  }
  for (const [what, path, body] of [
    ['capture', 'capture', {}],
    ['void', 'void', {}],
    ['other', 'refunds', { refund_id: 'r1', amount: 1 }],
  ] as const) {
    const answer = await ask(shop, 'POST', `/v1/payments/${ids[what]}/${path}`, body);
    expect(answer.statusCode, answer.body).toBe(201);
  }
});

afterAll(() => stop());

const ORDER = { amount: 1000, currency: 'USD' };

function ask(
  key: string | null,
  method: Route['method'],
  url: string,
  payload?: object,
  idempotencyKey?: string,
) {
  return app.inject({
    method,
    url,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    ...(payload === undefined ? {} : { payload }),
  });
}

/** The address of something that the account `shop` has. `id`: of another payment. */
function addressOf(path: string, id?: string): string {
  const what = path.includes('/capture') ? 'capture' : path.includes('/void') ? 'void' : 'other';
  return path.replace(':id', id ?? ids[what]).replace(':refund_id', 'r1');
}

/** A body that each route takes. */
function bodyOf(method: string, path: string): object | undefined {
  if (method === 'GET') return undefined;
  if (path === '/v1/payments') return { ...ORDER, order_id: 'other' };
  if (path === '/payments/start/') return { order_id: 'seed', amount: 10 };
  if (path.endsWith('/refunds')) return { refund_id: 'r2', amount: 1 };
  if (path.endsWith('/resolve'))
    return { outcome: 'failed', actor: 'on call', evidence: 'the gateway says so' };
  return {};
}

describe.each(ROUTES)('%s %s', (method, path, scope) => {
  const body = bodyOf(method, path);

  it('as nobody is 401, whatever is asked for', async () => {
    const answers = await Promise.all([
      ask(null, method, addressOf(path), body),
      ask(null, method, addressOf(path, NO_ID), body),
      ask(makeApiKey(false, systemRandom.hex128()).text, method, addressOf(path), body),
      ask(`${shop.slice(0, -1)}x`, method, addressOf(path), body),
    ]);
    for (const { statusCode, body: said } of answers)
      expect([statusCode, said]).toEqual([401, answers[0]?.body]);
  });

  it.runIf(path.includes(':id'))(
    'as another account is the same 404 as for an id that nobody has',
    async () => {
      const theirs = await ask(rival, method, addressOf(path), body);
      const nobodys = await ask(rival, method, addressOf(path, NO_ID), body);
      expect(theirs.statusCode).toBe(404);
      expect(theirs.body).toBe(nobodys.body);
      const relevant = ({ date: _date, ...headers }: typeof theirs.headers) => headers;
      expect(relevant(theirs.headers)).toEqual(relevant(nobodys.headers));
    },
  );

  it(`with all scopes but ${scope} is 403`, async () => {
    const key = await keyOf(
      'shop',
      WHOLE_SCOPES.filter((each) => each !== scope),
    );
    expect((await ask(key, method, addressOf(path), body)).statusCode).toBe(403);
  });

  it(`with the scope ${scope} alone is taken`, async () => {
    const { statusCode } = await ask(await keyOf('shop', [scope]), method, addressOf(path), body);
    expect([401, 403, 404]).not.toContain(statusCode);
    if (method === 'GET') expect(statusCode).toBe(200);
  });
});

describe('two accounts', () => {
  it('charge the same order under the same key apart', async () => {
    const order = { ...ORDER, order_id: 'both' };
    const [one, two] = await Promise.all([
      ask(shop, 'POST', '/v1/payments', order, 'the same key'),
      ask(rival, 'POST', '/v1/payments', order, 'the same key'),
    ]);
    expect([one.statusCode, two.statusCode]).toEqual([201, 201]);
    expect(one.json().payment_id).not.toBe(two.json().payment_id);
    for (const [key, first] of [
      [shop, one],
      [rival, two],
    ] as const) {
      const again = await ask(key, 'POST', '/v1/payments', order, 'the same key');
      expect([again.headers['idempotent-replayed'], again.json()]).toEqual(['true', first.json()]);
    }
  });

  it('get the events of the gateway each for its own order', async () => {
    const order = { ...ORDER, order_id: 'pending', method: 'tok_pending' };
    const headers = { authorization: `Bearer ${rival}`, prefer: 'respond-async' };
    const answer = await app.inject({ method: 'POST', url: '/v1/payments', headers, payload: order });
    const { payment_id: id } = answer.json();
    const status = async () => (await ask(rival, 'GET', `/v1/payments/${id}`)).json().status;
    await expect.poll(status).toBe('COMPLETED');
  });

  it('see only their own payments in lists, also by the order', async () => {
    const nobody = await keyOf('default', ['admin']);
    expect((await ask(nobody, 'GET', '/v1/payments')).json().data).toEqual([]);
    const found = await ask(rival, 'GET', '/v1/payments?order_id=capture');
    expect(found.json().data).toEqual([]);
  });
});

it('no key is in the log', () => {
  const text = lines.join('');
  expect(text).toContain('"account_id":"shop"');
  expect(text).not.toMatch(/po_(?:live|test)_/);
});
