/** `/v1/webhook-endpoints` over HTTP, with real keys and a real PostgreSQL. */
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SCOPES, type Scope } from '../../src/domain/scopes.ts';
import type { Payonce } from '../../src/engine/api.ts';
import { OUTGOING_ROUTES } from '../../src/http/outgoing-v1.ts';
import type { Route } from '../../src/http/routes.ts';
import { createServer } from '../../src/http/server.ts';
import type { AddressRules } from '../../src/outgoing/addresses.ts';
import type { SecretBox } from '../../src/outgoing/secrets.ts';
import { createKeyBooks } from '../../src/postgres/access/index.ts';
import { createTestKey, keyedAccess } from '../support/keys.ts';
import { box, newId, openWorld, outgoingOf } from './world.ts';

const HOOK = 'https://shop.example/hook';
const PUBLIC: AddressRules = {
  resolve: async () => [{ address: '8.8.8.8', family: 4 }],
  allowPrivate: false,
};

async function open({
  box: own = box,
  rules = PUBLIC,
}: {
  box?: SecretBox | null;
  rules?: AddressRules;
} = {}) {
  const world = await openWorld();
  let drawn = 0;
  const outgoing = outgoingOf(world.pool, {
    box: own,
    rules,
    secret() {
      drawn += 1;
      return `whsec_${Buffer.alloc(32, drawn).toString('base64')}`;
    },
  });
  const access = keyedAccess(world.pool);
  const app = createServer({ payonce: {} as Payonce, access, outgoing, logger: pino({ level: 'silent' }) });
  onTestFinished(() => app.close());
  const keys = createKeyBooks({ pool: world.pool });
  async function keyOf(accountId: string, scopes: readonly Scope[]): Promise<string> {
    await keys.createAccount(accountId);
    return createTestKey(keys, { accountId, scopes });
  }
  const ask = (key: string | null, method: Route['method'], url: string, payload?: object) =>
    app.inject({
      method,
      url,
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      ...(payload === undefined ? {} : { payload }),
    });
  const shop = await keyOf('shop', ['webhooks']);
  const call = (method: Route['method'], path: string, payload?: object) =>
    ask(shop, method, `/v1/webhook-endpoints${path}`, payload);
  return { ...world, keyOf, ask, shop, call };
}

async function withEndpoint() {
  const world = await open();
  const made = (await world.call('POST', '', { url: HOOK })).json();
  await world.add({ accountId: 'shop' });
  await world.queue.plan();
  const [delivery] = (await world.call('GET', `/${made.id}/deliveries`)).json().data;
  return { ...world, made, delivery };
}

/** A body that each route takes. */
const bodyOf = (method: Route['method'], path: string): object | undefined => {
  if (method === 'GET' || method === 'DELETE') return undefined;
  if (path === '/v1/webhook-endpoints') return { url: 'https://other.example/' };
  return path.endsWith(':id/resend') ? { since: '2026-01-31T12:00:00Z' } : {};
};

test('every route is closed to nobody, to another scope and to another account', async () => {
  const { ask, keyOf, made, delivery } = await withEndpoint();
  const rival = await keyOf('rival', ['webhooks']);
  const without = await keyOf(
    'shop',
    SCOPES.filter((scope) => scope !== 'webhooks' && scope !== 'admin'),
  );
  for (const { method, path } of OUTGOING_ROUTES) {
    const at = (id: string) => path.replace(':id', id).replace(':event_id', delivery.event_id);
    const body = bodyOf(method, path);
    expect((await ask(null, method, at(made.id), body)).statusCode, path).toBe(401);
    expect((await ask(without, method, at(made.id), body)).statusCode, path).toBe(403);
    if (!path.includes(':id')) continue;
    const theirs = await ask(rival, method, at(made.id), body);
    const nobodys = await ask(rival, method, at(newId()), body);
    expect([theirs.statusCode, theirs.body], path).toEqual([404, nobodys.body]);
  }
  // Nothing of that has changed anything.
  const shop = await keyOf('shop', ['admin']);
  expect((await ask(shop, 'GET', `/v1/webhook-endpoints/${made.id}`)).json()).toMatchObject({
    status: 'ENABLED',
  });
  for (const { method, path } of OUTGOING_ROUTES.toSorted(
    (a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'),
  )) {
    const url = path.replace(':id', made.id).replace(':event_id', delivery.event_id);
    expect((await ask(shop, method, url, bodyOf(method, path))).statusCode, path).toBeLessThan(300);
  }
});

test('an endpoint is made, read, changed and deleted; its secret is shown once', async () => {
  const { call, database } = await open();
  const made = await call('POST', '', { url: HOOK, description: 'shop', event_types: ['payment.succeeded'] });
  expect(made.statusCode).toBe(201);
  const { secret, ...shown } = made.json();
  expect(secret).toMatch(/^whsec_/);
  expect(shown).toEqual({
    id: expect.any(String),
    url: HOOK,
    description: 'shop',
    event_types: ['payment.succeeded'],
    status: 'ENABLED',
    disabled_reason: null,
    failures_in_row: 0,
    paused_until: null,
    previous_secret_until: null,
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
  expect((await call('GET', `/${shown.id}`)).json()).toEqual(shown);
  expect((await call('GET', '')).json()).toEqual({ data: [shown], next_cursor: null });
  const [row] = await database.query<{ secret: string }>('SELECT secret FROM payonce.webhook_endpoints');
  expect(row?.secret).not.toContain(secret.slice(6));
  const changed = await call('PATCH', `/${shown.id}`, { enabled: false, event_types: null });
  expect(changed.json()).toMatchObject({
    status: 'DISABLED',
    disabled_reason: 'by_request',
    event_types: null,
    url: HOOK,
  });
  const deleted = await call('DELETE', `/${shown.id}`);
  expect([deleted.statusCode, deleted.body]).toEqual([204, '']);
  expect((await call('GET', `/${shown.id}`)).json().code).toBe('webhook_endpoint_not_found');
});

test('a rotation shows the new secret once', async () => {
  const { call, made } = await withEndpoint();
  const rotated = (await call('POST', `/${made.id}/rotate-secret`, { overlap_s: 60 })).json();
  expect(rotated.secret).not.toBe(made.secret);
  expect(rotated.previous_secret_until).toEqual(expect.any(String));
  expect((await call('GET', `/${made.id}`)).json()).not.toHaveProperty('secret');
});

test('a test, deliveries with their tries, one again, and all since a time', async () => {
  const { call, made, claim, queue, delivery } = await withEndpoint();
  const tested = await call('POST', `/${made.id}/test`);
  expect([tested.statusCode, tested.json()]).toMatchObject([
    202,
    { type: 'webhook.test', status: 'PENDING', payment_id: null },
  ]);
  for (const claimed of await claim())
    await queue.note(claimed, {
      status: 404,
      answer: 'nothing here',
      error: null,
      tookMs: 12,
      next: 'DEAD',
      waitMs: 0,
      failures: 1,
      pauseMs: 0,
      gone: false,
    });
  const dead = (await call('GET', `/${made.id}/deliveries?status=DEAD&limit=1`)).json();
  expect(dead).toMatchObject({ data: [{ type: 'webhook.test' }], next_cursor: expect.any(String) });
  const rest = (
    await call('GET', `/${made.id}/deliveries?status=DEAD&limit=1&cursor=${dead.next_cursor}`)
  ).json();
  expect(rest).toMatchObject({ data: [{ event_id: delivery.event_id }], next_cursor: null });
  const path = `/${made.id}/deliveries/${delivery.event_id}`;
  expect((await call('GET', path)).json()).toMatchObject({
    status: 'DEAD',
    attempts: 1,
    tries: [{ n: 1, status: 404, answer: 'nothing here', error: null, took_ms: 12 }],
  });
  expect((await call('POST', `${path}/resend`)).json()).toMatchObject({ status: 'PENDING' });
  const since = new Date(Date.now() - 3_600_000).toISOString();
  expect((await call('POST', `/${made.id}/resend`, { since })).json()).toEqual({ resent: 1, more: false });
});

describe('what is refused', () => {
  test.each([
    ['http', { url: 'http://shop.example/' }],
    ['an unknown field', { url: HOOK, secret: 'whsec_mine' }],
    ['no URL', {}],
    ['an unknown event', { url: HOOK, event_types: ['nope'] }],
    ['no object', []],
  ])('%s: 400', async (_what, payload) => {
    const { call } = await open();
    const answer = await call('POST', '', payload);
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'invalid_request']);
    expect(answer.json().errors.length).toBeGreaterThan(0);
  });

  test.each([
    ['https://127.0.0.1/', '8.8.8.8'],
    ['https://[::ffff:10.0.0.1]/', '8.8.8.8'],
    ['https://0x7f000001/', '8.8.8.8'],
    ['https://metadata.example/', '169.254.169.254'],
  ])('%s, at registration and in a change', async (url, address) => {
    const rules: AddressRules = {
      allowPrivate: false,
      resolve: async (name) => [{ address: name === 'shop.example' ? '8.8.8.8' : address, family: 4 }],
    };
    const { call } = await open({ rules });
    expect((await call('POST', '', { url })).json()).toMatchObject({
      status: 422,
      code: 'webhook_url_refused',
    });
    const made = (await call('POST', '', { url: HOOK })).json();
    expect((await call('PATCH', `/${made.id}`, { url })).json()).toMatchObject({
      code: 'webhook_url_refused',
    });
    expect((await call('GET', `/${made.id}`)).json().url).toBe(HOOK);
  });

  test('a name without an address', async () => {
    const { call } = await open({
      rules: { allowPrivate: false, resolve: () => Promise.reject(new Error('no')) },
    });
    expect((await call('POST', '', { url: HOOK })).json().detail).toContain('could not be looked up');
  });

  test('the same URL twice', async () => {
    const { call } = await withEndpoint();
    expect((await call('POST', '', { url: HOOK })).json()).toMatchObject({
      status: 409,
      code: 'webhook_endpoint_exists',
    });
  });

  test('more than fifty', async () => {
    const { call } = await open();
    for (let n = 0; n < 50; n += 1)
      expect((await call('POST', '', { url: `${HOOK}/${n}` })).statusCode).toBe(201);
    expect((await call('POST', '', { url: HOOK })).json().code).toBe('webhook_endpoints_exhausted');
  });

  test('without a key to encrypt with, and the answer says how to make one', async () => {
    const { call } = await open({ box: null });
    const answer = (await call('POST', '', { url: HOOK })).json();
    expect(answer).toMatchObject({ status: 422, code: 'webhooks_not_offered' });
    expect(answer.detail).toContain('openssl rand -base64 32');
  });

  test.each(['nope', 'evt_1', `evt_${'a'.repeat(100)}`, 'evt_%00'])('an event %s: 404', async (eventId) => {
    const { call, made } = await withEndpoint();
    expect((await call('GET', `/${made.id}/deliveries/${eventId}`)).json().code).toBe(
      'webhook_delivery_not_found',
    );
  });
});
