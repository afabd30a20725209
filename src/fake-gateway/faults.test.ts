/** Every fault, by its token and by its rate, as a caller sees it and as the ledger judges it. */
import { setMaxListeners } from 'node:events';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '../../test/postgres/harness.ts';
import {
  ask,
  type Charged,
  chargeBody,
  jsonOf,
  type Running,
  run,
  statusOf,
} from '../../test/suites/fake-gateway.client.ts';
import { createDatabase, type TestDatabase } from '../../test/support/database.ts';
import { HELD_MS, outOfTime } from '../testing/deadline.ts';
import type { FaultName } from './faults/catalogue.ts';
import { TOKENS } from './faults/tokens.ts';
import { createPostgresLedger, type Ledger } from './index.ts';

setMaxListeners(0);
const running: Running[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((far) => far.gateway.close()));
});
async function start(options: Parameters<typeof run>[0] = {}): Promise<Running> {
  const far = await run(options);
  running.push(far);
  return far;
}

/** Delays that are short where a test must wait. Others it reaches by moving the clock. */
const DELAYS: { readonly [N in FaultName]?: { readonly delay_ms: number } } = {
  lands_late: { delay_ms: 5_000 },
  lost_answer: { delay_ms: 60_000 },
  slow_answer: { delay_ms: 30 },
  dripping_answer: { delay_ms: 30 },
  rate_limited: { delay_ms: 1_500 },
  pending: { delay_ms: 5_000 },
  pending_declined: { delay_ms: 5_000 },
  keys_expired: { delay_ms: 5_000 },
  lookup_lag: { delay_ms: 5_000 },
  lookup_down: { delay_ms: 5_000 },
};

/** How the first and the second call with a key end, and how many live charges there are then. */
const SEEN: Readonly<
  Record<string, readonly [first: number | string, second: number | string, live: number]>
> = {
  tok_visa: [200, 200, 1],
  tok_error: [500, 500, 0],
  tok_error_once: [500, 200, 1],
  tok_error_after: [500, 500, 1],
  tok_error_after_once: [500, 200, 1],
  tok_drop_before: ['broken', 'broken', 0],
  tok_drop_before_once: ['broken', 200, 1],
  tok_drop_after: ['broken', 'broken', 1],
  tok_drop_after_once: ['broken', 200, 1],
  tok_lands_late: ['broken', 409, 0],
  tok_lost_answer: ['silence', 'silence', 1],
  tok_lost_once: ['silence', 200, 1],
  tok_slow: [200, 200, 1],
  tok_slow_once: [200, 200, 1],
  tok_dripping: [200, 200, 1],
  tok_dripping_once: [200, 200, 1],
  tok_truncated: ['broken', 'broken', 1],
  tok_garbage: [200, 200, 1],
  tok_429: [429, 429, 0],
  tok_429_once: [429, 200, 1],
  tok_unauthorized: [401, 401, 0],
  tok_stale_500: [500, 500, 0],
  tok_stale_500_after: [500, 500, 1],
  tok_declined: [402, 402, 0],
  tok_pending: [202, 202, 0],
  tok_pending_declined: [202, 202, 0],
  tok_wrong_amount: [200, 200, 1],
  tok_wrong_currency: [200, 200, 1],
  tok_authorization_expires: [200, 200, 1],
  tok_keys_ignored: [200, 200, 2],
  tok_keys_expired: [200, 200, 1],
  tok_lookup_lag: [200, 200, 1],
  tok_lookup_down: [200, 200, 1],
  tok_webhook_duplicate: [200, 200, 1],
  tok_webhook_late: [200, 200, 1],
  tok_webhook_out_of_order: [200, 200, 1],
};

/** A caller whose answer is lost leaves when its charge is in the books. */
function chargeAs(token: string, far: Running, key: string, changes: Record<string, unknown>) {
  if (!/lost/.test(token)) return far.charge(key, changes);
  const booked = () =>
    expect.poll(async () => (await far.ledger(`?reference=ref-${key}`)).data).toHaveLength(1);
  return outOfTime(booked, () => far.charge(key, changes, HELD_MS));
}

describe('by magic token', () => {
  test('the table here knows every token of charges', () => {
    const ofCharges = TOKENS.filter(({ effect }) => effect === 'charge');
    expect(Object.keys(SEEN).sort()).toEqual(ofCharges.map(({ token }) => token).sort());
  });

  test.each(Object.entries(SEEN))('%s: %j', async (token, [first, second, live]) => {
    const far = await start({ faults: DELAYS });
    expect(statusOf(await chargeAs(token, far, 'k', { method: token }))).toBe(first);
    expect(statusOf(await chargeAs(token, far, 'k', { method: token }))).toBe(second);
    expect((await far.ledger()).summary.live).toBe(live);
  });
});

describe('by rate', () => {
  const everyCall = TOKENS.filter(
    ({ token, fault, calls }) => calls === 'every' && fault !== null && token in SEEN,
  );
  test.each(everyCall.map(({ token, fault }) => [fault as FaultName, token]))(
    '%s at rate 1 does to a plain call what %s does',
    async (fault, token) => {
      const far = await start({ faults: { ...DELAYS, [fault]: { ...DELAYS[fault], rate: 1 } } });
      const [first, second, live] = SEEN[token] ?? [];
      for (const method of [undefined, 'pm_card']) {
        const key = `k-${method}`;
        expect(statusOf(await chargeAs(token, far, key, { method }))).toBe(first);
        expect(statusOf(await chargeAs(token, far, key, { method }))).toBe(second);
        expect((await far.ledger(`?reference=ref-${key}`)).summary.live).toBe(live);
      }
      expect(statusOf(await far.charge('immune', { method: 'tok_visa' }))).toBe(200);
    },
  );

  /** Four attempts with each of 60 keys, one key after the other or all mixed. */
  async function outcomes(far: Running, order: readonly number[]): Promise<Map<string, string[]>> {
    const seen = new Map<string, string[]>();
    for (const index of order) {
      const key = `key-${index % 60}`;
      const ending = await far.charge(key);
      seen.set(key, [...(seen.get(key) ?? []), String(statusOf(ending))]);
    }
    return seen;
  }
  const mixture = {
    error_before: 0.15,
    error_after: 0.15,
    drop_before: 0.1,
    drop_after: 0.1,
    truncated_answer: 0.1,
    rate_limited: 0.1,
    stale_error: 0.05,
    declined: 0.2,
    wrong_amount: 0.1,
  };
  const inTurn = Array.from({ length: 240 }, (_, index) => index);

  test('the same seed gives every call of every key the same end, in whatever order they arrive', async () => {
    const first = await outcomes(await start({ seed: 11, faults: mixture }), inTurn);
    const again = await outcomes(await start({ seed: 11, faults: mixture }), [...inTurn].reverse());
    const other = await outcomes(await start({ seed: 12, faults: mixture }), inTurn);
    const sorted = (seen: Map<string, string[]>) => [...seen].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(again)).toEqual(sorted(first));
    expect(sorted(other)).not.toEqual(sorted(first));
    expect(new Set([...first.values()].flat())).toEqual(new Set(['200', '402', '429', '500', 'broken']));
  });

  test('the settings may name another seed than the start', async () => {
    const started = await outcomes(await start({ seed: 11, faults: mixture }), inTurn);
    const set = await outcomes(await start({ seed: 99, faults: { ...mixture, seed: 11 } }), inTurn);
    expect([...set]).toEqual([...started]);
  });

  test('whatever goes wrong, a kept key charges at most once', async () => {
    const far = await start({ seed: 3, faults: { ...mixture, declined: 0, wrong_amount: 0 } });
    await Promise.all(inTurn.map((index) => far.charge(`key-${index % 60}`)));
    await outcomes(far, inTurn);
    const { summary, duplicates } = await far.ledger();
    expect(summary.live).toBeGreaterThan(50);
    expect(duplicates).toEqual([]);
  });
});

describe('what a fault does exactly', () => {
  test.each([
    ['tok_error', 500],
    ['tok_error_after', 500],
    ['tok_stale_500', 500],
    ['tok_stale_500_after', 500],
    ['tok_429', 429],
    ['tok_unauthorized', 401],
  ])('the error of %s names the key of its call, kept or not', async (method, status) => {
    const far = await start();
    for (let index = 0; index < 2; index += 1) {
      const ending = await far.charge('k1', { method });
      expect([statusOf(ending), jsonOf(ending).idempotency_key]).toEqual([status, 'k1']);
    }
  });

  test('an error before the charge leaves nothing, one after it leaves the charge', async () => {
    const far = await start();
    expect(jsonOf(await far.charge('k1', { method: 'tok_error' }))).toEqual({
      error: 'Gateway error',
      idempotency_key: 'k1',
    });
    expect(jsonOf(await far.charge('k2', { method: 'tok_error_after' }))).toEqual({
      error: 'Gateway error',
      idempotency_key: 'k2',
    });
    expect(await far.lookup('k1')).toEqual([]);
    expect(await far.lookup('k2')).toMatchObject([{ status: 'succeeded' }]);
  });

  test('a charge that lands late is in progress and unseen until then, and cannot be stopped', async () => {
    const far = await start({ faults: DELAYS });
    await far.charge('k', { method: 'tok_lands_late' });
    far.advance(4_999);
    expect(statusOf(await far.charge('k', { method: 'tok_lands_late' }))).toBe(409);
    expect(await far.lookup('k')).toEqual([]);
    expect((await far.ledger()).summary).toMatchObject({ charges: 0, landing: 1 });
    far.advance(1);
    expect(await far.lookup('k')).toMatchObject([
      { status: 'succeeded', created_at: '2030-01-01T00:00:05.000Z' },
    ]);
    expect(statusOf(await far.charge('k', { method: 'tok_lands_late' }))).toBe(200);
    expect((await far.ledger()).summary).toMatchObject({ charges: 1, live: 1, landing: 0 });
  });

  test('a lost answer holds the connection until the caller leaves, or until it has waited enough', async () => {
    const far = await start({ faults: { lost_answer: { delay_ms: 50 } } });
    expect(statusOf(await far.charge('k1', { method: 'tok_lost_answer' }))).toBe('broken');
    expect(await far.lookup('k1')).toHaveLength(1);
  });

  test('a dripping answer is booked at once, and its headers come long before its end', async () => {
    const far = await start({ faults: { dripping_answer: { delay_ms: 600_000 } } });
    const drips = far.charge('k', { method: 'tok_dripping_once' }, 600_000);
    await expect.poll(async () => (await far.ledger()).summary.live).toBe(1);
    const again = await far.charge('k', { method: 'tok_dripping_once' });
    expect(statusOf(again)).toBe(200);
    await far.gateway.close();
    const broken = await drips;
    expect(broken).toMatchObject({ kind: 'broken', status: 200 });
    if (broken.kind !== 'broken' || again.kind !== 'answer') throw new Error('It did not break off.');
    expect(broken.text.length).toBeGreaterThan(0);
    expect(again.text.startsWith(broken.text)).toBe(true);
    expect(broken.text).not.toBe(again.text);
  });

  test('a slow answer is booked long before it is given, and the key is free meanwhile', async () => {
    const far = await start({ faults: { slow_answer: { delay_ms: 600_000 } } });
    const slow = far.charge('k', { method: 'tok_slow_once' }, 600_000);
    await expect.poll(() => far.lookup('k'), { interval: 2 }).toHaveLength(1);
    expect(statusOf(await far.charge('k', { method: 'tok_slow_once' }))).toBe(200);
    await far.gateway.close();
    expect(statusOf(await slow)).toBe('broken');
  });

  test('a truncated answer breaks off in the middle of an honest one', async () => {
    const far = await start();
    const ending = await far.charge('k', { method: 'tok_truncated' });
    expect(ending).toMatchObject({ kind: 'broken', status: 200 });
    const [charge] = await far.lookup('k');
    const text = ending.kind === 'broken' ? ending.text : '';
    expect(text).toMatch(new RegExp(`^{"id":"${charge?.id}"`));
    expect(() => JSON.parse(text)).toThrow();
  });

  test('a garbage answer is never a charge', async () => {
    const far = await start();
    const texts = new Set<string>();
    for (let index = 0; index < 30; index += 1) {
      const ending = await far.charge(`k${index}`, { method: 'tok_garbage' });
      texts.add(ending.kind === 'answer' ? ending.text : '');
    }
    expect(texts.size).toBe(3);
    for (const text of texts) expect(text).not.toMatch(/"status"/);
  });

  test('429 says when to try again', async () => {
    const far = await start({ faults: DELAYS });
    const ending = await far.charge('k', { method: 'tok_429' });
    expect(ending.kind === 'answer' && ending.headers['retry-after']).toBe('2');
  });

  test('a stale 500 is replayed for ever, even when nothing goes wrong any more', async () => {
    const far = await start({ faults: { stale_error: 1 } });
    expect(statusOf(await far.charge('k1'))).toBe(500);
    await ask(far.url, { method: 'PUT', path: '/_faults', body: {} });
    far.advance(86_400_000);
    expect(statusOf(await far.charge('k1'))).toBe(500);
    expect(statusOf(await far.charge('k1', { amount: 5 }))).toBe(422);
    expect(await far.lookup('k1')).toEqual([]);
    expect(statusOf(await far.charge('k2'))).toBe(200);
  });

  test('a decline is a charge that took nothing, and lookups say why', async () => {
    const far = await start();
    const ending = await far.charge('k', { method: 'tok_declined' });
    expect(jsonOf(ending)).toMatchObject({ status: 'declined', code: 'card_declined', captured: 0 });
    expect(await far.lookup('k')).toEqual([jsonOf(ending)]);
    expect((await far.ledger()).summary).toMatchObject({ declined: 1, live: 0 });
  });

  test.each([
    ['tok_pending', 'succeeded', 10_000],
    ['tok_pending_declined', 'declined', 0],
  ])('%s settles as %s, at its time and not before', async (method, status, captured) => {
    const far = await start({ faults: DELAYS });
    expect(jsonOf(await far.charge('k', { method }))).toMatchObject({ status: 'pending', captured: 0 });
    far.advance(4_999);
    expect(await far.lookup('k')).toMatchObject([{ status: 'pending' }]);
    far.advance(1);
    expect(await far.lookup('k')).toMatchObject([{ status, captured }]);
  });

  test('a wrong amount or currency is what was really charged, and the key still knows what was requested', async () => {
    const far = await start();
    expect(jsonOf(await far.charge('k1', { method: 'tok_wrong_amount' }))).toMatchObject({ amount: 10_001 });
    expect(jsonOf(await far.charge('k2', { method: 'tok_wrong_currency' }))).toMatchObject({
      currency: 'EUR',
    });
    expect(jsonOf(await far.charge('k3', { method: 'tok_wrong_currency', currency: 'EUR' }))).toMatchObject({
      currency: 'USD',
    });
    expect(await far.lookup('k1')).toMatchObject([{ amount: 10_001, captured: 10_001 }]);
    expect(statusOf(await far.charge('k1', { method: 'tok_wrong_amount' }))).toBe(200);
    expect(statusOf(await far.charge('k1', { method: 'tok_wrong_amount', amount: 10_001 }))).toBe(422);
  });

  test('an ignored key charges with every call, however many come at once', async () => {
    const far = await start();
    const method = 'tok_keys_ignored';
    const endings = await Promise.all(Array.from({ length: 10 }, () => far.charge('k', { method })));
    const charged = endings
      .filter((ending) => statusOf(ending) === 200)
      .map((ending) => jsonOf<Charged>(ending).id);
    expect(new Set(charged).size).toBe(charged.length);
    expect(await far.lookup('k')).toHaveLength(charged.length);
    expect((await far.charge('k', { method })).kind).toBe('answer');
    expect((await far.ledger()).duplicates).toEqual([{ reference: 'ref-k', live: charged.length + 1 }]);
  });

  test('a key that was kept before it is ignored charges again after that', async () => {
    const far = await start();
    await far.charge('k');
    await ask(far.url, { method: 'PUT', path: '/_faults', body: { keys_ignored: 1 } });
    await far.charge('k');
    await far.charge('k');
    expect(await far.lookup('k')).toHaveLength(3);
  });

  test('an expired key charges again, once, however many come at once', async () => {
    const far = await start({ faults: DELAYS });
    const method = 'tok_keys_expired';
    const first = jsonOf<Charged>(await far.charge('k', { method })).id;
    far.advance(4_999);
    expect(jsonOf<Charged>(await far.charge('k', { method })).id).toBe(first);
    far.advance(1);
    await Promise.all(Array.from({ length: 20 }, () => far.charge('k', { method })));
    expect(await far.lookup('k')).toHaveLength(2);
    far.advance(4_999);
    await far.charge('k', { method });
    expect(await far.lookup('k')).toHaveLength(2);
    far.advance(1);
    await far.charge('k', { method });
    expect(await far.lookup('k')).toHaveLength(3);
  });

  test('a lagging lookup shows nothing at first, anywhere but to the judge', async () => {
    const far = await start({ faults: DELAYS });
    const { id } = jsonOf<Charged>(await far.charge('k', { method: 'tok_lookup_lag' }));
    far.advance(4_999);
    expect(await far.lookup('k')).toEqual([]);
    expect(statusOf(await far.get(`/charges/${id}`))).toBe(404);
    expect(jsonOf<{ data: unknown[] }>(await far.get('/charges')).data).toEqual([]);
    expect((await far.ledger()).summary.live).toBe(1);
    far.advance(1);
    expect(await far.lookup('k')).toHaveLength(1);
    expect(statusOf(await far.get(`/charges/${id}`))).toBe(200);
  });

  test('lookups that are down answer 503, for everybody by rate, for its charge by token', async () => {
    const far = await start({ faults: DELAYS });
    const { id } = jsonOf<Charged>(await far.charge('k', { method: 'tok_lookup_down' }));
    await far.charge('other');
    for (const path of ['/charges?idempotency_key=k', `/charges/${id}`]) {
      expect(statusOf(await far.get(path))).toBe(503);
    }
    expect(await far.lookup('other')).toHaveLength(1);
    far.advance(5_000);
    expect(await far.lookup('k')).toHaveLength(1);
    await ask(far.url, { method: 'PUT', path: '/_faults', body: { lookup_down: 1 } });
    for (const path of [
      '/charges?idempotency_key=other',
      '/charges',
      `/charges/${id}`,
      '/refunds?idempotency_key=r',
    ]) {
      expect(statusOf(await far.get(path))).toBe(503);
    }
    expect((await far.ledger()).summary.live).toBe(2);
  });

  test('the latency applies to every answer', async () => {
    const far = await start({ faults: { latency_ms: { min: 40, max: 60 } } });
    for (const question of [
      { path: '/charges', key: 'k', body: { ...chargeBody('k'), method: 'tok_visa' } },
      { path: '/charges?idempotency_key=k' },
      { path: '/start/', method: 'POST' },
    ]) {
      const startedAt = performance.now();
      await ask(far.url, question);
      // Timers may fire a millisecond early.
      expect(performance.now() - startedAt).toBeGreaterThan(38);
    }
  });
});

describe('several processes on one PostgreSQL', () => {
  let database: TestDatabase;
  const pools: pg.Pool[] = [];
  const open = (): Promise<Ledger> => {
    const pool = openPool(database.url, { max: 4 });
    pools.push(pool);
    return createPostgresLedger(pool);
  };
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  test('100 calls with one key at once, spread over two, charge once', async () => {
    const both = [await start({ ledger: await open() }), await start({ ledger: await open() })] as const;
    const endings = await Promise.all(
      Array.from({ length: 100 }, (_, index) => both[index % 2 === 0 ? 0 : 1].charge('shared')),
    );
    const answered = endings.filter((ending) => statusOf(ending) === 200);
    expect(answered.length).toBeGreaterThanOrEqual(1);
    expect(new Set(answered.map((ending) => (ending.kind === 'answer' ? ending.text : ''))).size).toBe(1);
    expect(endings.every((ending) => [200, 409].includes(Number(statusOf(ending))))).toBe(true);
    expect((await both[0].ledger('?reference=ref-shared')).summary.charges).toBe(1);
  });

  test('an attempt made at one counts at the other', async () => {
    const [one, other] = [await start({ ledger: await open() }), await start({ ledger: await open() })];
    expect(statusOf(await one.charge('once', { method: 'tok_error_once' }))).toBe(500);
    expect(statusOf(await other.charge('once', { method: 'tok_error_once' }))).toBe(200);
  });

  test('settings put to one are in force at all once it has answered, and outlive them', async () => {
    const [one, other] = [await start({ ledger: await open() }), await start({ ledger: await open() })];
    expect(statusOf(await other.charge('before'))).toBe(200);
    await ask(one.url, { method: 'PUT', path: '/_faults', body: { error_before: 1 } });
    expect(statusOf(await other.charge('during'))).toBe(500);
    const third = await start({ ledger: await open(), faults: { declined: 1 } });
    expect(statusOf(await third.charge('third'))).toBe(500);
    await ask(other.url, { method: 'DELETE', path: '/_faults' });
    expect(statusOf(await one.charge('after'))).toBe(200);
    expect(statusOf(await third.charge('after-at-third'))).toBe(402);
  });

  test('what is pending settles and what is under way lands, although the process is gone', async () => {
    const before = await start({ ledger: await open(), faults: DELAYS });
    await before.charge('pends', { method: 'tok_pending' });
    await before.charge('lands', { method: 'tok_lands_late' });
    await before.charge('stale', { method: 'tok_stale_500' });
    await before.gateway.close();
    const after = await start({ ledger: await open() });
    expect(await after.lookup('pends')).toMatchObject([{ status: 'pending' }]);
    expect(await after.lookup('lands')).toEqual([]);
    expect(statusOf(await after.charge('lands', { method: 'tok_lands_late' }))).toBe(409);
    after.advance(5_000);
    expect(await after.lookup('pends')).toMatchObject([{ status: 'succeeded' }]);
    expect(await after.lookup('lands')).toMatchObject([{ status: 'succeeded' }]);
    expect(statusOf(await after.charge('stale', { method: 'tok_stale_500' }))).toBe(500);
  });

  test('a database that is gone is a 500 that may or may not have charged, and no crash', async () => {
    const pool = openPool(database.url, { max: 1 });
    const ledger = await createPostgresLedger(pool);
    const errors: unknown[] = [];
    const log = { warn: () => {}, error: (fields: object) => errors.push(fields) };
    const far = await start({ ledger, log });
    expect(statusOf(await far.charge('alive'))).toBe(200);
    await pool.end();
    const ending = await far.charge('gone');
    expect([statusOf(ending), jsonOf(ending)]).toEqual([
      500,
      { error: 'Gateway error', idempotency_key: 'gone' },
    ]);
    expect(errors).toHaveLength(1);
  });
});
