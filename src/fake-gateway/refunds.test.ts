/** Every fault of refunds, by its token and by its rate, as a caller sees it and as the ledger judges it. */
import { setMaxListeners } from 'node:events';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '../../test/postgres/harness.ts';
import {
  ask,
  type Charged,
  jsonOf,
  type Refunded,
  type Running,
  run,
  statusOf,
} from '../../test/suites/fake-gateway.client.ts';
import { createDatabase, type TestDatabase } from '../../test/support/database.ts';
import { HELD_MS, outOfTime } from '../testing/deadline.ts';
import { FAULTS, type FaultName } from './faults/catalogue.ts';
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
  refund_pending: { delay_ms: 5_000 },
  refund_pending_failed: { delay_ms: 5_000 },
  refund_fails_later: { delay_ms: 5_000 },
  lookup_lag: { delay_ms: 5_000 },
  lookup_down: { delay_ms: 5_000 },
};

/** How the first and the second call with a key end, and how much of 10,000 counts as refunded at once and after 5 s. */
const SEEN: Readonly<
  Record<string, readonly [first: number | string, second: number | string, now: number, later: number]>
> = {
  tok_refund_error: [500, 500, 0, 0],
  tok_refund_error_once: [500, 200, 4_000, 4_000],
  tok_refund_error_after: [500, 500, 4_000, 4_000],
  tok_refund_error_after_once: [500, 200, 4_000, 4_000],
  tok_refund_drop_before_once: ['broken', 200, 4_000, 4_000],
  tok_refund_drop_after_once: ['broken', 200, 4_000, 4_000],
  tok_refund_lands_late: ['broken', 409, 0, 4_000],
  tok_refund_lost_answer: ['silence', 'silence', 4_000, 4_000],
  tok_refund_lost_once: ['silence', 200, 4_000, 4_000],
  tok_refund_slow_once: [200, 200, 4_000, 4_000],
  tok_refund_dripping_once: [200, 200, 4_000, 4_000],
  tok_refund_truncated: ['broken', 'broken', 4_000, 4_000],
  tok_refund_garbage: [200, 200, 4_000, 4_000],
  tok_refund_429: [429, 429, 0, 0],
  tok_refund_429_once: [429, 200, 4_000, 4_000],
  tok_refund_unauthorized: [401, 401, 0, 0],
  tok_refund_stale_500: [500, 500, 0, 0],
  tok_refund_stale_500_after: [500, 500, 4_000, 4_000],
  tok_refund_declined: [402, 402, 0, 0],
  tok_refund_pending: [202, 202, 4_000, 4_000],
  tok_refund_pending_failed: [202, 202, 4_000, 0],
  tok_refund_fails_later: [200, 200, 4_000, 0],
  tok_refund_wrong_amount: [200, 200, 4_001, 4_001],
  tok_refund_lookup_lag: [200, 200, 4_000, 4_000],
  tok_refund_lookup_down: [200, 200, 4_000, 4_000],
};

const chargeWith = async (far: Running, method?: string, changes = {}) =>
  jsonOf<Charged>(await far.charge(`charge-${method}`, { method, ...changes })).id;
const refundedOf = async (far: Running, id: string) =>
  jsonOf<Charged>(await far.get(`/charges/${id}`)).refunded;

/** A caller whose answer is lost leaves when its refund is in the books. */
function refundAs(token: string, far: Running, id: string, key = 'r') {
  const call = (patienceMs?: number) => far.refund(id, key, { amount: 4_000 }, patienceMs);
  if (!/lost/.test(token)) return call();
  return outOfTime(
    () => expect.poll(() => refundedOf(far, id)).toBe(4_000),
    () => call(HELD_MS),
  );
}

async function expectSeen(far: Running, token: string, id: string): Promise<void> {
  const [first, second, now, later] = SEEN[token] ?? [];
  expect(statusOf(await refundAs(token, far, id))).toBe(first);
  expect(statusOf(await refundAs(token, far, id))).toBe(second);
  expect(await refundedOf(far, id)).toBe(now);
  far.advance(5_000);
  expect(await refundedOf(far, id)).toBe(later);
}

describe('by magic token of the charge', () => {
  test('the table here knows every token of refunds', () => {
    const ofRefunds = TOKENS.filter(({ effect }) => effect === 'refund');
    expect(Object.keys(SEEN).sort()).toEqual(ofRefunds.map(({ token }) => token).sort());
  });

  test.each(Object.keys(SEEN))(
    '%s: the charge has no fault, and its refunds have exactly that one',
    async (token) => {
      const far = await start({ faults: { ...DELAYS, error_before: 1, declined: 1, refund_declined: 1 } });
      const charged = await far.charge(`charge-${token}`, { method: token });
      expect(charged).toMatchObject({ kind: 'answer', status: 200 });
      await expectSeen(far, token, jsonOf<Charged>(charged).id);
    },
  );

  test('a token of charges leaves the refunds to the rates', async () => {
    const far = await start({ faults: { refund_declined: 1 } });
    expect(statusOf(await far.refund(await chargeWith(far, 'tok_error_after_once'), 'r'))).toBe(404);
    const id = await chargeWith(far, 'tok_visa');
    expect(statusOf(await far.refund(id, 'r'))).toBe(402);
  });
});

describe('by rate', () => {
  /** The first token of refunds that has the fault. */
  const tokenOf = (fault: FaultName) =>
    TOKENS.filter(({ effect }) => effect === 'refund').find((one) => one.fault === fault);
  const faults = (Object.keys(FAULTS) as FaultName[]).filter((fault) => tokenOf(fault) !== undefined);

  test.each(faults.filter((fault) => fault !== 'lookup_down'))('%s at rate 1', async (fault) => {
    const far = await start({ faults: { ...DELAYS, [fault]: { ...DELAYS[fault], rate: 1 } } });
    const id = await chargeWith(far, 'tok_visa');
    const token = tokenOf(fault)?.token ?? '';
    expect(statusOf(await refundAs(token, far, id))).toBe(SEEN[token]?.[0]);
    await ask(far.url, { method: 'PUT', path: '/_faults', body: {} });
    far.advance(5_000);
    const isBefore = FAULTS[fault].says.includes('nothing was charged');
    expect(await refundedOf(far, id)).toBe(isBefore ? 0 : SEEN[token]?.[3]);
    // What was kept under the key is kept without the fault, too.
    const kept = SEEN[token.replace(/_once$/, '')]?.[1] ?? 200;
    const isKept = /stale|declined|pending/.test(fault);
    expect(statusOf(await far.refund(id, 'r', { amount: 4_000 }))).toBe(isKept ? kept : 200);
  });

  test('captures and voids have the faults of answers, and no fault of refunds', async () => {
    const rates = { refund_declined: 1, stale_error: 1 };
    const far = await start({ faults: { ...DELAYS, ...rates } });
    const id = await chargeWith(far, 'tok_visa', { capture: false });
    const capture = () => ask(far.url, { path: `/charges/${id}/capture`, key: 'c', body: {} });
    expect(statusOf(await capture())).toBe(500);
    const late = { refund_declined: 1, lands_late: { rate: 1, delay_ms: 10 } };
    await ask(far.url, { method: 'PUT', path: '/_faults', body: late });
    expect(statusOf(await capture())).toBe('broken');
    expect(statusOf(await ask(far.url, { path: `/charges/${id}/void`, key: 'v', body: {} }))).toBe('broken');
    await ask(far.url, { method: 'PUT', path: '/_faults', body: { refund_declined: 1 } });
    expect(statusOf(await capture())).toBe(500);
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ status: 'succeeded', captured: 0 });
    far.advance(10);
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ status: 'voided' });
  });
});

describe('what a fault of refunds does exactly', () => {
  test.each([
    ['tok_refund_error', 500, 'Gateway error'],
    ['tok_refund_error_after', 500, 'Gateway error'],
    ['tok_refund_stale_500', 500, 'Gateway error'],
    ['tok_refund_stale_500_after', 500, 'Gateway error'],
    ['tok_refund_429', 429, 'rate_limited'],
    ['tok_refund_unauthorized', 401, 'unauthorized'],
  ])('the error of %s names the key of its call, kept or not', async (method, status, error) => {
    const far = await start();
    const id = await chargeWith(far, method);
    for (let index = 0; index < 2; index += 1) {
      const ending = await far.refund(id, 'r1');
      expect([statusOf(ending), jsonOf(ending)]).toEqual([status, { error, idempotency_key: 'r1' }]);
    }
  });

  test('a refund that lands late is in progress and unseen until then, and cannot be stopped', async () => {
    const far = await start({ faults: DELAYS });
    const id = await chargeWith(far, 'tok_refund_lands_late');
    await far.refund(id, 'r');
    far.advance(4_999);
    const early = await far.refund(id, 'r');
    expect([statusOf(early), jsonOf(early)]).toEqual([409, { error: 'in_progress', idempotency_key: 'r' }]);
    expect(jsonOf(await far.refund(id, 'r', { amount: 1 })).error).toBe('key_reused');
    expect(await far.lookupRefund('r')).toEqual([]);
    expect(await refundedOf(far, id)).toBe(0);
    far.advance(1);
    expect(await far.lookupRefund('r')).toMatchObject([
      { status: 'succeeded', amount: 10_000, created_at: '2030-01-01T00:00:05.000Z' },
    ]);
    const replayed = await far.refund(id, 'r');
    expect([statusOf(replayed), jsonOf(replayed)]).toEqual([200, (await far.lookupRefund('r'))[0]]);
    expect(jsonOf(await far.get(`/charges/${id}`))).toMatchObject({ status: 'refunded', refunded: 10_000 });
  });

  test('two refunds that land late for all that is left: only the first is made', async () => {
    const far = await start({ faults: DELAYS });
    const id = await chargeWith(far, 'tok_refund_lands_late');
    await far.refund(id, 'r1');
    far.advance(1);
    await far.refund(id, 'r2');
    far.advance(5_000);
    expect(await far.lookupRefund('r1')).toMatchObject([{ amount: 10_000 }]);
    expect(await far.lookupRefund('r2')).toEqual([]);
    expect((await far.ledger()).data[0]?.refunds).toHaveLength(1);
    expect(jsonOf(await far.refund(id, 'r2')).error).toBe('charge_not_succeeded');
  });

  test('a refund is judged when it is made, whatever its fault is, and a refusal is not kept', async () => {
    const far = await start();
    for (const token of ['tok_refund_declined', 'tok_refund_stale_500', 'tok_refund_pending']) {
      const id = await chargeWith(far, token);
      const tooMuch = await far.refund(id, `r-${token}`, { amount: 10_001 });
      expect([statusOf(tooMuch), jsonOf(tooMuch).error]).toEqual([422, 'amount_too_large']);
      expect(statusOf(await far.refund(id, `r-${token}`))).toBe(SEEN[token]?.[0]);
    }
  });

  test('a stale 500 is replayed for ever, even when nothing goes wrong any more', async () => {
    const far = await start({ faults: { stale_error: 1 } });
    const id = await chargeWith(far, 'tok_visa');
    expect(statusOf(await far.refund(id, 'r1'))).toBe(500);
    await ask(far.url, { method: 'PUT', path: '/_faults', body: {} });
    far.advance(86_400_000);
    expect(statusOf(await far.refund(id, 'r1'))).toBe(500);
    expect(statusOf(await far.refund(id, 'r1', { amount: 5 }))).toBe(422);
    expect(await far.lookupRefund('r1')).toEqual([]);
    expect((await far.ledger()).data[0]?.refunds).toEqual([]);
    expect(statusOf(await far.refund(id, 'r2'))).toBe(200);
  });

  test('a declined refund took nothing, lookups say why, and another one may follow', async () => {
    const far = await start({ faults: { refund_declined: 1 } });
    const id = await chargeWith(far, 'tok_visa');
    const ending = await far.refund(id, 'r');
    expect(statusOf(ending)).toBe(402);
    expect(jsonOf(ending)).toMatchObject({ status: 'failed', code: 'refund_declined', amount: 10_000 });
    expect(await far.lookupRefund('r')).toEqual([jsonOf(ending)]);
    await ask(far.url, { method: 'PUT', path: '/_faults', body: {} });
    expect(statusOf(await far.refund(id, 'r'))).toBe(402);
    expect(statusOf(await far.refund(id, 'r2'))).toBe(200);
  });

  test.each([
    ['tok_refund_pending', 202, 'pending', 'succeeded', undefined],
    ['tok_refund_pending_failed', 202, 'pending', 'failed', 'refund_failed'],
    ['tok_refund_fails_later', 200, 'succeeded', 'failed', 'refund_failed'],
  ])(
    '%s: %i, then its status changes at its time, and the kept answer never does',
    async (method, answered, before, after, code) => {
      const far = await start({ faults: DELAYS });
      const id = await chargeWith(far, method);
      const first = await far.refund(id, 'r');
      expect([statusOf(first), jsonOf(first).status]).toEqual([answered, before]);
      far.advance(4_999);
      expect(await far.lookupRefund('r')).toEqual([jsonOf(first)]);
      expect(await refundedOf(far, id)).toBe(10_000);
      far.advance(1);
      const [refund] = await far.lookupRefund('r');
      expect([refund?.status, refund?.code]).toEqual([after, code]);
      expect(await refundedOf(far, id)).toBe(after === 'failed' ? 0 : 10_000);
      expect(jsonOf(await far.get(`/charges/${id}`)).status).toBe(
        after === 'failed' ? 'succeeded' : 'refunded',
      );
      expect(await far.refund(id, 'r')).toMatchObject({ status: answered, text: textOf(first) });
    },
  );

  test('by default a refund fails three days later', async () => {
    const far = await start();
    const id = await chargeWith(far, 'tok_refund_fails_later');
    await far.refund(id, 'r');
    far.advance(3 * 86_400_000 - 1);
    expect(await refundedOf(far, id)).toBe(10_000);
    far.advance(1);
    expect(await refundedOf(far, id)).toBe(0);
  });

  test('a wrong amount is what was really refunded, and the key still knows what was requested', async () => {
    const far = await start();
    const id = await chargeWith(far, 'tok_refund_wrong_amount');
    expect(jsonOf(await far.refund(id, 'r1', { amount: 4_000 }))).toMatchObject({ amount: 4_001 });
    expect(jsonOf(await far.refund(id, 'r2'))).toMatchObject({ amount: 5_998 });
    expect(await far.lookupRefund('r1')).toMatchObject([{ amount: 4_001 }]);
    expect(await refundedOf(far, id)).toBe(9_999);
    expect(statusOf(await far.refund(id, 'r1', { amount: 4_000 }))).toBe(200);
    expect(statusOf(await far.refund(id, 'r1', { amount: 4_001 }))).toBe(422);
  });

  test("a lagging lookup shows no refund at first, but the charge's sum and the judge count it", async () => {
    const far = await start({ faults: DELAYS });
    const id = await chargeWith(far, 'tok_refund_lookup_lag');
    await far.refund(id, 'r');
    far.advance(4_999);
    expect(await far.lookupRefund('r')).toEqual([]);
    expect(await refundedOf(far, id)).toBe(10_000);
    expect((await far.ledger()).data[0]?.refunds).toMatchObject([{ status: 'succeeded' }]);
    far.advance(1);
    expect(await far.lookupRefund('r')).toHaveLength(1);
  });

  test('lookups that are down answer 503: of its refunds by token, of every refund by rate', async () => {
    const far = await start({ faults: DELAYS });
    const id = await chargeWith(far, 'tok_refund_lookup_down');
    await far.refund(id, 'r');
    expect(statusOf(await far.get('/refunds?idempotency_key=r'))).toBe(503);
    expect(statusOf(await far.get('/refunds?idempotency_key=other'))).toBe(200);
    expect(statusOf(await far.get(`/charges/${id}`))).toBe(200);
    far.advance(5_000);
    expect(await far.lookupRefund('r')).toHaveLength(1);
    await ask(far.url, { method: 'PUT', path: '/_faults', body: { lookup_down: 1 } });
    expect(statusOf(await far.get('/refunds?idempotency_key=r'))).toBe(503);
  });

  test('a lookup waits as long as every answer', async () => {
    const far = await start({ faults: { latency_ms: { min: 40, max: 60 } } });
    const startedAt = performance.now();
    await far.lookupRefund('r');
    // Timers may fire a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThan(38);
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

  test('refunds settle, fail and land although the process is gone, and stale answers stay', async () => {
    const before = await start({ ledger: await open(), faults: DELAYS });
    const tokens = ['pending', 'fails_later', 'lands_late', 'stale_500'].map((name) => `tok_refund_${name}`);
    const ids = new Map<string, string>();
    for (const token of tokens) {
      ids.set(token, await chargeWith(before, token));
      await before.refund(ids.get(token) ?? '', token);
    }
    await before.gateway.close();
    const after = await start({ ledger: await open() });
    const statusesOf = async () => {
      const found: (Refunded['status'] | undefined)[] = [];
      for (const token of tokens) found.push((await after.lookupRefund(token))[0]?.status);
      return found;
    };
    expect(await statusesOf()).toEqual(['pending', 'succeeded', undefined, undefined]);
    const late = () => after.refund(ids.get('tok_refund_lands_late') ?? '', 'tok_refund_lands_late');
    expect(statusOf(await late())).toBe(409);
    after.advance(5_000);
    expect(await statusesOf()).toEqual(['succeeded', 'failed', 'succeeded', undefined]);
    expect(statusOf(await late())).toBe(200);
    const stale = await after.refund(ids.get('tok_refund_stale_500') ?? '', 'tok_refund_stale_500');
    expect(statusOf(stale)).toBe(500);
  });

  test('100 refunds of one charge at once, with 10 keys, spread over two, refund once for each key', async () => {
    const both = [await start({ ledger: await open() }), await start({ ledger: await open() })] as const;
    const id = await chargeWith(both[0]);
    const endings = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        both[index % 2 === 0 ? 0 : 1].refund(id, `key-${index % 10}`, { amount: 1_500 }),
      ),
    );
    expect(endings.every((ending) => [200, 409, 422].includes(Number(statusOf(ending))))).toBe(true);
    const made = endings.filter((ending) => statusOf(ending) === 200).map((ending) => jsonOf(ending).id);
    expect(new Set(made).size).toBe(6);
    expect(await refundedOf(both[1], id)).toBe(9_000);
  });
});

function textOf(ending: Awaited<ReturnType<typeof ask>>): string {
  return ending.kind === 'answer' ? ending.text : ending.kind;
}
