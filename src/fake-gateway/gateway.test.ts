import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  ask,
  type Books,
  type Charged,
  chargeBody,
  jsonOf,
  type Running,
  run,
  statusOf,
} from '../../test/suites/fake-gateway.client.ts';

let far: Running;
afterEach(() => far?.gateway.close());
const start = async (options: Parameters<typeof run>[0] = {}) => {
  far = await run(options);
  return far;
};

describe('POST /charges', () => {
  test('charges, and echoes what it charged', async () => {
    await start();
    const ending = await far.charge('k1', { method: 'tok_visa' });
    expect(ending).toMatchObject({ kind: 'answer', status: 200 });
    expect(ending.kind === 'answer' && ending.headers['content-type']).toBe(
      'application/json; charset=utf-8',
    );
    expect(jsonOf(ending)).toEqual({
      id: expect.stringMatching(/^ch_/),
      status: 'succeeded',
      amount: 10_000,
      currency: 'USD',
      reference: 'ref-k1',
      idempotency_key: 'k1',
      order_id: 'order-k1',
      method: 'tok_visa',
      livemode: false,
      captured: 10_000,
      refunded: 0,
      created_at: '2030-01-01T00:00:00.000Z',
    });
  });

  test('and its refunds name the account that the request named', async () => {
    await start();
    const { id, ...charge } = jsonOf<Charged & { account_id?: string }>(
      await far.charge('k1', { account_id: 'shop' }),
    );
    expect(charge.account_id).toBe('shop');
    const refund = await ask(far.url, { path: `/charges/${id}/refunds`, key: 'r1', body: {} });
    expect(jsonOf(refund)).toMatchObject({ order_id: 'order-k1', account_id: 'shop' });
  });

  test('is the same below /fake-gateway', async () => {
    await start();
    const first = await far.charge('k1');
    expect(
      await ask(far.url, { path: '/fake-gateway/charges', key: 'k1', body: chargeBody('k1') }),
    ).toMatchObject({
      status: 200,
      text: first.kind === 'answer' ? first.text : '',
    });
  });

  test('the same key and parameters give the same bytes, whatever happened to the charge since', async () => {
    await start();
    const first = await far.charge('k1');
    const pending = await far.charge('k2', { method: 'tok_pending' });
    const { id } = jsonOf<Charged>(first);
    await ask(far.url, { path: `/charges/${id}/refunds`, key: 'r1', body: { amount: 10_000 } });
    far.advance(60_000);
    expect((await far.lookup('k1'))[0]?.status).toBe('refunded');
    expect((await far.lookup('k2'))[0]?.status).toBe('succeeded');
    expect(await far.charge('k1')).toMatchObject({ status: 200, text: textOf(first) });
    expect(await far.charge('k2', { method: 'tok_pending' })).toMatchObject({
      status: 202,
      text: textOf(pending),
    });
    expect((await far.ledger()).summary.charges).toBe(2);
  });

  test.each([
    { amount: 1 },
    { currency: 'EUR' },
    { reference: 'other' },
    { order_id: 'other' },
    { account_id: 'other' },
    { order_id: null },
    { method: 'tok_other' },
    { capture: false },
  ])('the same key with %j is refused, and charges nothing', async (changes) => {
    await start();
    await far.charge('k1');
    const ending = await far.charge('k1', changes);
    expect([statusOf(ending), jsonOf(ending)]).toEqual([422, { error: 'key_reused', idempotency_key: 'k1' }]);
    expect((await far.ledger()).summary.charges).toBe(1);
  });

  test('100 calls with one key at once charge once; calls that come too early get "in progress"', async () => {
    await start({ faults: { latency_ms: { min: 20, max: 20 } } });
    const endings = await Promise.all(Array.from({ length: 100 }, () => far.charge('k1')));
    const statuses = endings.map(statusOf);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    const early = endings.find((ending) => statusOf(ending) === 409);
    if (early !== undefined) expect(jsonOf(early)).toEqual({ error: 'in_progress', idempotency_key: 'k1' });
    expect(new Set(endings.filter((ending) => statusOf(ending) === 200).map(textOf)).size).toBe(1);
    expect((await far.ledger()).summary.charges).toBe(1);
  });

  test('a key is in progress while its first call is, and free for a replay afterwards', async () => {
    await start({ faults: { latency_ms: { min: 100, max: 100 } } });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const calls = [far.charge('k1'), far.charge('k1')];
    // The first of them is under way for as long as no time passes.
    expect(statusOf(await Promise.race(calls))).toBe(409);
    vi.advanceTimersByTime(100);
    expect((await Promise.all(calls)).map(statusOf).sort()).toEqual([200, 409]);
    vi.useRealTimers();
    expect(statusOf(await far.charge('k1'))).toBe(200);
  });

  test.each([
    ['no key', {}, {}, 'idempotency_key_required'],
    ['an empty key', {}, { 'idempotency-key': '' }, 'idempotency_key_required'],
    ['a key with a space', {}, { 'idempotency-key': 'a b' }, 'idempotency_key_invalid'],
    ['a key that came twice', {}, { 'idempotency-key': 'a, b' }, 'idempotency_key_invalid'],
    ['a key of 256 characters', {}, { 'idempotency-key': 'k'.repeat(256) }, 'idempotency_key_invalid'],
  ])('%s is refused', async (_what, changes, headers: Record<string, string>, error) => {
    await start();
    const ending = await ask(far.url, {
      path: '/charges',
      headers,
      body: { ...chargeBody('k'), ...changes },
    });
    expect([statusOf(ending), jsonOf(ending).error]).toEqual([400, error]);
  });

  test.each([
    ['no amount', { amount: undefined }, 'amount_invalid'],
    ['an amount of 0', { amount: 0 }, 'amount_invalid'],
    ['a negative amount', { amount: -1 }, 'amount_invalid'],
    ['an amount with a fraction', { amount: 1.5 }, 'amount_invalid'],
    ['an amount as text', { amount: '100' }, 'amount_invalid'],
    ['an amount beyond exact numbers', { amount: 2 ** 53 }, 'amount_invalid'],
    ['no currency', { currency: undefined }, 'currency_invalid'],
    ['a currency in small letters', { currency: 'usd' }, 'currency_invalid'],
    ['no reference', { reference: undefined }, 'reference_invalid'],
    ['an empty reference', { reference: '' }, 'reference_invalid'],
    ['a reference of 256 characters', { reference: 'r'.repeat(256) }, 'reference_invalid'],
    ['a reference with NUL', { reference: 'a\u0000b' }, 'reference_invalid'],
    ['an order that is no text', { order_id: 5 }, 'order_id_invalid'],
    ['an account that is no text', { account_id: 5 }, 'account_id_invalid'],
    ['an order with half a character', { order_id: '\ud800' }, 'order_id_invalid'],
    ['a card number', { method: '4242424242424242' }, 'method_invalid'],
    ['a card number in disguise', { method: 'card-4242-4242-4242-4242' }, 'method_invalid'],
    ['an empty method', { method: '' }, 'method_invalid'],
    ['capture as text', { capture: 'no' }, 'capture_invalid'],
    ['an unknown field', { cvv: '123' }, 'field_unknown'],
    ['a field of every object', { constructor: 1 }, 'field_unknown'],
  ])('%s is refused, and charges nothing', async (_what, changes, error) => {
    await start();
    const ending = await far.charge('k1', changes);
    expect([statusOf(ending), jsonOf(ending).error]).toEqual([400, error]);
    expect((await far.ledger()).summary.charges).toBe(0);
    expect(textOf(ending)).not.toContain('4242');
    expect(statusOf(await far.charge('k1'))).toBe(200);
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'amount=100'],
    ['half of it', '{"amount":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '5'],
    ['something that looks like an answer', '{"kind":"bad_request","status":200,"error":"x","message":"y"}'],
    ['a prototype', '{"__proto__":{"amount":1}}'],
  ])('a body that is %s is refused', async (_what, body) => {
    await start();
    const ending = await ask(far.url, { path: '/charges', method: 'POST', key: 'k1', body });
    expect(statusOf(ending)).toBe(400);
    expect(jsonOf(ending)).toEqual({
      error: expect.any(String),
      message: expect.any(String),
      idempotency_key: 'k1',
    });
  });

  test('a body over 16 kB is refused', async () => {
    await start();
    const ending = await far.charge('k1', { order_id: 'x'.repeat(20_000) });
    expect([statusOf(ending), jsonOf(ending).error]).toEqual([413, 'body_too_large']);
  });

  test('the media type does not matter', async () => {
    await start();
    const headers = { 'content-type': 'text/plain' };
    expect(
      statusOf(await ask(far.url, { path: '/charges', key: 'k1', headers, body: chargeBody('k1') })),
    ).toBe(200);
  });
});

describe('reading', () => {
  test('by key: the charge, or an empty list, with the key of the lookup', async () => {
    await start();
    const made = jsonOf(await far.charge('k 1'.replace(' ', '+')));
    expect(jsonOf(await far.get('/charges?idempotency_key=k%2B1'))).toEqual({
      data: [made],
      idempotency_key: 'k+1',
    });
    expect(jsonOf(await far.get('/charges?idempotency_key=nobody'))).toEqual({
      data: [],
      idempotency_key: 'nobody',
    });
  });

  test('by id: the charge, or 404', async () => {
    await start();
    const made = jsonOf<Charged>(await far.charge('k1'));
    expect(jsonOf(await far.get(`/charges/${made.id}`))).toEqual(made);
    const missing = await far.get('/charges/ch_nobody');
    expect([statusOf(missing), jsonOf(missing).error]).toEqual([404, 'charge_not_found']);
  });

  test('a list, in pages, from a moment on', async () => {
    await start();
    for (let index = 0; index < 5; index += 1) {
      await far.charge(`k${index}`);
      far.advance(1_000);
    }
    const keys: string[] = [];
    let path = '/charges?limit=2&created_after=2030-01-01T00:00:00Z';
    for (;;) {
      const page = jsonOf<Books>(await far.get(path));
      keys.push(...page.data.map(({ idempotency_key }) => idempotency_key));
      if (page.next_cursor === null) break;
      expect(page.data).toHaveLength(2);
      path = `/charges?limit=2&created_after=2030-01-01T00:00:00Z&cursor=${page.next_cursor}`;
    }
    expect(keys).toEqual(['k1', 'k2', 'k3', 'k4']);
    expect(jsonOf<Books>(await far.get('/charges')).data).toHaveLength(5);
  });

  test.each([
    '/charges?limit=0',
    '/charges?limit=1001',
    '/charges?limit=x',
    '/charges?limit=1&limit=2',
    '/charges?cursor=x',
    '/charges?created_after=yesterday',
    '/charges?created_after=2030-01-01',
    '/charges?unknown=1',
    '/charges?idempotency_key=',
    '/charges?idempotency_key=k&limit=1',
    '/refunds',
    '/_ledger?limit=0',
    '/_ledger?unknown=1',
    '/_ledger?reference=',
  ])('%s is refused', async (path) => {
    await start();
    const ending = await far.get(path);
    expect(statusOf(ending)).toBe(400);
    expect(jsonOf(ending)).toEqual({ error: expect.any(String), message: expect.any(String) });
  });

  test.each(['/', '/nothing', '/fake-gateway', '/fake-gateway/nothing', '/charges/x/y/z'])(
    '%s is not there, and says so in JSON',
    async (path) => {
      await start();
      const ending = await far.get(path);
      expect([statusOf(ending), jsonOf(ending).error]).toEqual([404, 'not_found']);
    },
  );
});

describe('refunds, captures, voids', () => {
  const post = (path: string, key: string | undefined, body: unknown = {}) =>
    ask(far.url, { path, ...(key === undefined ? {} : { key }), body });
  const made = async (changes = {}) => jsonOf<Charged>(await far.charge(`k${Math.random()}`, changes)).id;

  test('a refund is made once per key, replayed to the byte, and found by its key', async () => {
    await start();
    const id = await made();
    const first = await post(`/charges/${id}/refunds`, 'r1', { amount: 4_000 });
    expect(jsonOf(first)).toEqual({
      id: expect.stringMatching(/^re_[0-9a-z]{16}$/),
      object: 'refund',
      status: 'succeeded',
      amount: 4_000,
      currency: 'USD',
      charge: id,
      order_id: expect.stringMatching(/^order-k/),
      reference: jsonOf<Charged>(await far.get(`/charges/${id}`)).reference,
      idempotency_key: 'r1',
      created_at: '2030-01-01T00:00:00.000Z',
    });
    expect(textOf(await post(`/charges/${id}/refunds`, 'r1', { amount: 4_000 }))).toBe(textOf(first));
    expect(jsonOf(await post(`/charges/${id}/refunds`, 'r1', { amount: 1 }))).toEqual({
      error: 'key_reused',
      idempotency_key: 'r1',
    });
    expect(jsonOf(await far.get('/refunds?idempotency_key=r1'))).toEqual({
      data: [jsonOf(first)],
      idempotency_key: 'r1',
    });
    expect(jsonOf(await far.get('/refunds?idempotency_key=r2'))).toEqual({
      data: [],
      idempotency_key: 'r2',
    });
    const rest = await post(`/charges/${id}/refunds`, 'r2');
    expect(jsonOf(rest)).toMatchObject({ amount: 6_000 });
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ status: 'refunded', refunded: 10_000 });
  });

  test('no more is refunded than was captured', async () => {
    await start();
    const id = await made();
    const ending = await post(`/charges/${id}/refunds`, 'r1', { amount: 10_001 });
    expect([statusOf(ending), jsonOf(ending).error]).toEqual([422, 'amount_too_large']);
  });

  test('50 refunds with one key at once refund once', async () => {
    await start();
    const id = await made();
    const endings = await Promise.all(
      Array.from({ length: 50 }, () => post(`/charges/${id}/refunds`, 'r1', { amount: 10 })),
    );
    expect(endings.every((ending) => [200, 409].includes(Number(statusOf(ending))))).toBe(true);
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ refunded: 10 });
  });

  test('a charge that was only authorised is captured or voided', async () => {
    await start();
    const id = await made({ capture: false });
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ status: 'succeeded', captured: 0 });
    expect(jsonOf(await post(`/charges/${id}/capture`, 'c1', { amount: 70 }))).toMatchObject({ amount: 70 });
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ captured: 70 });
    const other = await made({ capture: false });
    expect(statusOf(await post(`/charges/${other}/void`, 'v1'))).toBe(200);
    expect(jsonOf(await far.get(`/charges/${other}`))).toMatchObject({ status: 'voided' });
    expect(statusOf(await post(`/charges/${other}/capture`, 'c2'))).toBe(409);
  });

  test.each([
    ['without a key', '/refunds', undefined, {}, 400],
    ['of nothing', '/refunds', 'r', { amount: 0 }, 400],
    ['of text', '/refunds', 'r', { amount: '5' }, 400],
    ['with an unknown field', '/refunds', 'r', { sum: 5 }, 400],
    ['with a list', '/refunds', 'r', [], 400],
    ['that is a void with an amount', '/void', 'r', { amount: 5 }, 400],
    ['that is a void of what is captured', '/void', 'r', {}, 409],
    ['that is a second capture', '/capture', 'r', {}, 409],
  ])('a request %s is refused', async (_what, path, key, body, status) => {
    await start();
    const ending = await post(`/charges/${await made()}${path}`, key, body);
    expect(statusOf(ending)).toBe(status);
    expect(jsonOf(ending).error).toEqual(expect.any(String));
  });

  test('a refund of a charge that is not there is 404', async () => {
    await start();
    expect(statusOf(await post('/charges/ch_nobody/refunds', 'r1'))).toBe(404);
  });

  test('a refund may fail as a charge may: after an error it is done, and the key says so', async () => {
    await start({ faults: { error_after: 1 } });
    const id = await made({ method: 'tok_visa' });
    expect(statusOf(await post(`/charges/${id}/refunds`, 'r1', { amount: 10 }))).toBe(500);
    expect(statusOf(await post(`/charges/${id}/refunds`, 'r1', { amount: 10 }))).toBe(500);
    expect(jsonOf<Books>(await far.get('/refunds?idempotency_key=r1')).data).toHaveLength(1);
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ refunded: 10 });
  });
});

describe("the seed's endpoint", () => {
  const call = (question = {}) => ask(far.url, { path: '/fake-gateway/start/', method: 'POST', ...question });

  test('answers success or the error at the failure rate, the same for the same seed', async () => {
    const sequence = async (seed: number) => {
      await start({ seed, faults: { error_before: 0.25, error_after: 0.05 } });
      const endings = [];
      for (let index = 0; index < 300; index += 1) endings.push(await call({ body: { order_id: 'ORD123' } }));
      await far.gateway.close();
      return endings.map((ending) => `${statusOf(ending)} ${textOf(ending)}`);
    };
    const first = await sequence(1);
    expect(new Set(first)).toEqual(new Set(['200 {"status":"success"}', '500 {"error":"Gateway error"}']));
    const failures = first.filter((ending) => ending.startsWith('500')).length;
    expect(failures).toBeGreaterThan(60);
    expect(failures).toBeLessThan(120);
    expect(await sequence(1)).toEqual(first);
    expect(await sequence(2)).not.toEqual(first);
  });

  test.each([
    ['no body', {}],
    ['a form', { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['half a JSON', { body: '{' }],
  ])('takes %s', async (_what, question) => {
    await start();
    expect(statusOf(await call(question))).toBe(200);
  });

  test('charges nothing', async () => {
    await start();
    await call();
    expect((await far.ledger()).summary.charges).toBe(0);
  });
});

function textOf(ending: Awaited<ReturnType<typeof ask>>): string {
  return ending.kind === 'answer' ? ending.text : ending.kind;
}
