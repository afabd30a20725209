/** Every fault as a caller of the emulated Stripe sees it, and as the ledger judges it. */
import { setMaxListeners } from 'node:events';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '../../../test/postgres/harness.ts';
import {
  ask as askGateway,
  type Ending,
  jsonOf,
  statusOf,
} from '../../../test/suites/fake-gateway.client.ts';
import {
  type EmulatedStripe,
  errorOf,
  PAID_FORM,
  PAYMENT_FORM,
  paid,
  payment,
  refusalOf,
  runStripe,
} from '../../../test/suites/stripe.client.ts';
import { createDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { HELD_MS, outOfTime } from '../../testing/deadline.ts';
import type { FaultName } from '../faults/catalogue.ts';
import { createPostgresLedger, type Ledger } from '../index.ts';

setMaxListeners(0);
const running: EmulatedStripe[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ far }) => far.gateway.close()));
});
async function start(options: Parameters<typeof runStripe>[0] = {}): Promise<EmulatedStripe> {
  const stripe = await runStripe(options);
  running.push(stripe);
  return stripe;
}

/** Delays that are short where a test must wait. Others it reaches by moving the clock. */
const DELAYS: { readonly [N in FaultName]?: { readonly delay_ms: number } } = {
  lands_late: { delay_ms: 5_000 },
  lost_answer: { delay_ms: 60_000 },
  slow_answer: { delay_ms: 30 },
  dripping_answer: { delay_ms: 30 },
  pending: { delay_ms: 5_000 },
  pending_declined: { delay_ms: 5_000 },
};

const idOf = (ending: Ending) => jsonOf<{ id: string }>(ending).id;

/** How two confirmations with one key end, and how many live charges there are at once and after 5 s. */
const SEEN: Readonly<
  Record<string, readonly [first: number | string, second: number | string, now: number, later: number]>
> = {
  pm_visa: [200, 200, 1, 1],
  pm_error: [500, 500, 0, 0],
  pm_error_once: [500, 200, 1, 1],
  pm_error_after: [500, 500, 1, 1],
  pm_error_after_once: [500, 200, 1, 1],
  pm_drop_before: ['broken', 'broken', 0, 0],
  pm_drop_before_once: ['broken', 200, 1, 1],
  pm_drop_after: ['broken', 'broken', 1, 1],
  pm_drop_after_once: ['broken', 200, 1, 1],
  pm_lands_late: ['broken', 409, 0, 1],
  pm_lost_answer: ['silence', 'silence', 1, 1],
  pm_lost_once: ['silence', 200, 1, 1],
  pm_slow: [200, 200, 1, 1],
  pm_slow_once: [200, 200, 1, 1],
  pm_dripping: [200, 200, 1, 1],
  pm_dripping_once: [200, 200, 1, 1],
  pm_truncated: ['broken', 'broken', 1, 1],
  pm_garbage: [200, 200, 1, 1],
  pm_429: [429, 429, 0, 0],
  pm_429_once: [429, 200, 1, 1],
  pm_unauthorized: [401, 401, 0, 0],
  pm_stale_500: [500, 500, 0, 0],
  pm_stale_500_after: [500, 500, 1, 1],
  pm_declined: [402, 402, 0, 0],
  pm_pending: [200, 200, 0, 1],
  pm_pending_declined: [200, 200, 0, 0],
  pm_wrong_amount: [200, 200, 1, 1],
  pm_wrong_currency: [200, 200, 1, 1],
  pm_keys_ignored: [200, 400, 1, 1],
  pm_keys_expired: [200, 200, 1, 1],
};

async function confirmAs(stripe: EmulatedStripe, method: string, id: string): Promise<Ending> {
  const confirm = (patienceMs?: number) =>
    stripe.ask(`/payment_intents/${id}/confirm`, {
      key: 'k',
      body: `payment_method=${method}`,
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
  if (!/lost/.test(method)) return confirm();
  return outOfTime(
    () => expect.poll(async () => (await stripe.ledger()).summary.live).toBe(1),
    () => confirm(HELD_MS),
  );
}

describe('by the method of a payment', () => {
  test.each(Object.keys(SEEN))('%s: its confirmation has exactly that fault', async (method) => {
    const [first, second, now, later] = SEEN[method] ?? [];
    const faults = { ...DELAYS, drop_after: 1, refund_declined: 1 };
    const stripe = await start();
    const id = idOf(await stripe.ask('/payment_intents', { key: 'create', body: PAYMENT_FORM }));
    await askGateway(stripe.far.url, { method: 'PUT', path: '/_faults', body: faults });
    expect(statusOf(await confirmAs(stripe, method, id))).toBe(first);
    expect(statusOf(await confirmAs(stripe, method, id))).toBe(second);
    expect((await stripe.ledger()).summary.live).toBe(now);
    stripe.advance(5_000);
    expect((await stripe.ledger()).summary).toMatchObject({ live: later, landing: 0 });
  });

  test('pm_wrong_currency: every object shows the currency that was charged, and so do its refunds', async () => {
    const stripe = await start();
    const id = idOf(await stripe.ask('/payment_intents', { key: 'create', body: PAYMENT_FORM }));
    const inEuros = { amount: 1_000, currency: 'eur' };
    expect(jsonOf(await confirmAs(stripe, 'pm_wrong_currency', id))).toMatchObject({
      ...inEuros,
      amount_received: 1_000,
      status: 'succeeded',
    });
    expect(jsonOf(await stripe.ask(`/payment_intents/${id}`))).toMatchObject(inEuros);
    const refund = await stripe.ask('/refunds', { key: 'refund', body: `payment_intent=${id}&amount=400` });
    expect(jsonOf(refund)).toMatchObject({ amount: 400, currency: 'eur' });
    expect((await stripe.ledger()).data).toMatchObject([{ currency: 'EUR', captured: 1_000, refunded: 400 }]);
  });

  test.each([
    ['pm_refund_error_once', 500, 200, 400],
    ['pm_refund_drop_after_once', 'broken', 200, 400],
    ['pm_refund_stale_500', 500, 500, 0],
    ['pm_refund_stale_500_after', 500, 500, 400],
    ['pm_refund_lands_late', 'broken', 409, 0],
    ['pm_refund_429_once', 429, 200, 400],
    ['pm_refund_truncated', 'broken', 'broken', 400],
    ['pm_refund_wrong_amount', 200, 200, 401],
  ])('%s: its refunds have it, and its charge has none', async (method, first, second, refunded) => {
    const stripe = await start({ faults: { ...DELAYS, error_before: 0, declined: 1 } });
    const id = idOf(
      await stripe.ask('/payment_intents', { body: PAID_FORM.replace('pm_card_visa', method) }),
    );
    const refund = () => stripe.ask('/refunds', { key: 'r', body: `payment_intent=${id}&amount=400` });
    expect(statusOf(await refund())).toBe(first);
    expect(statusOf(await refund())).toBe(second);
    expect((await stripe.ledger()).summary).toMatchObject({
      live: 1,
      money: { USD: { captured: 1_000, refunded } },
      refunds: { landing: method === 'pm_refund_lands_late' ? 1 : 0 },
    });
    stripe.advance(5_000);
    expect((await stripe.ledger()).summary.refunds).toMatchObject({
      landing: 0,
      succeeded: method === 'pm_refund_stale_500' ? 0 : 1,
    });
  });
});

describe('by metadata', () => {
  test.each([
    ['confirm', 'stale_error', 500],
    ['confirm', 'declined', 402],
    ['cancel', 'drop_after', 'broken'],
    ['cancel', 'error_before_once', 500],
    ['capture', 'rate_limited', 429],
  ])('fault_%s=%s hits that operation and no other', async (operation, fault, status) => {
    const stripe = await start({ faults: { error_before: 0 } });
    const body = `${PAYMENT_FORM}&metadata[fault_${operation}]=${fault}`;
    const created = await stripe.ask('/payment_intents', { body });
    expect(statusOf(created)).toBe(200);
    const form = operation === 'confirm' ? 'payment_method=pm_card_visa' : '';
    const act = (name: string) =>
      stripe.ask(`/payment_intents/${idOf(created)}/${name}`, { key: name, body: form });
    expect(statusOf(await act(operation))).toBe(status);
  });

  test('fault_create hits the create that carries it, and fault_refund a refund', async () => {
    const { sdk, ledger } = await start();
    const refusal = await refusalOf(
      sdk.paymentIntents.create(paid({ metadata: { fault_create: 'error_after' } })),
    );
    expect(refusal).toMatchObject({ statusCode: 500, rawType: 'api_error' });
    const [intent] = (await sdk.paymentIntents.list()).data;
    expect(intent).toMatchObject({ status: 'succeeded' });
    const refund = { payment_intent: intent?.id ?? '', amount: 100 };
    await refusalOf(sdk.refunds.create({ ...refund, metadata: { fault_refund: 'stale_error_after' } }));
    expect((await ledger()).summary.money).toEqual({ USD: { captured: 1_000, refunded: 100 } });
    expect(await sdk.refunds.create(refund)).toMatchObject({ status: 'succeeded' });
  });
});

describe('by rate', () => {
  test.each<[fault: FaultName, ...rest: [status: number | string, live: number]]>([
    ['error_before', 500, 0],
    ['error_after', 500, 1],
    ['drop_before', 'broken', 0],
    ['drop_after', 'broken', 1],
    ['stale_error', 500, 0],
    ['stale_error_after', 500, 1],
    ['rate_limited', 429, 0],
    ['unauthorized', 401, 0],
    ['declined', 402, 0],
    ['truncated_answer', 'broken', 1],
  ])('%s at rate 1', async (fault, status, live) => {
    const { ask, ledger } = await start({ faults: { [fault]: 1 } });
    expect(statusOf(await ask('/payment_intents', { key: 'k', body: PAID_FORM }))).toBe(status);
    expect((await ledger()).summary.live).toBe(live);
  });

  test('lookups may be down', async () => {
    const { ask } = await start({ faults: { lookup_down: 1 } });
    expect(statusOf(await ask('/payment_intents'))).toBe(503);
  });

  test('the same seed gives the same keys the same ends, whatever it draws for another seed', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `key-${index}`);
    const ends = async (seed: number) => {
      const { ask } = await start({ seed, faults: { error_before: 0.3, drop_after: 0.2, declined: 0.3 } });
      return Promise.all(
        keys.map(async (key) => statusOf(await ask('/payment_intents', { key, body: PAID_FORM }))),
      );
    };
    const first = await ends(7);
    expect(await ends(7)).toEqual(first);
    expect(await ends(8)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 402, 500, 'broken']));
  });

  test('whatever goes wrong, a payment that is repeated until it ends is charged once', async () => {
    const rate = 0.12;
    const { ask, ledger, advance } = await start({
      seed: 11,
      faults: {
        ...Object.fromEntries(
          [
            'error_before',
            'error_after',
            'drop_before',
            'drop_after',
            'truncated_answer',
            'rate_limited',
          ].map((one) => [one, rate]),
        ),
        lands_late: { rate, delay_ms: 1_000 },
      },
    });
    const pay = async (order: number) => {
      const body = `${PAID_FORM}&metadata[order_id]=order-${order}`;
      for (let tries = 0; tries < 60; tries += 1) {
        const ending = await ask('/payment_intents', { key: `key-${order}`, body });
        if (statusOf(ending) === 200) return;
        advance(200);
      }
      throw new Error('It never ended.');
    };
    await Promise.all(Array.from({ length: 25 }, (_, order) => pay(order)));
    expect((await ledger()).summary).toMatchObject({ charges: 25, live: 25, duplicates: 0, landing: 0 });
  });
});

describe('an answer that is lost', () => {
  test('429 says when to come back, and is not kept', async () => {
    const { ask } = await start({ faults: { rate_limited: { rate: 1, delay_ms: 2_000 } } });
    const answer = await ask('/payment_intents', { key: 'k', body: PAID_FORM });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
    expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error', code: 'rate_limit' });
  });

  test('a stale error is replayed for ever, although the payment has succeeded', async () => {
    const { ask, sdk } = await start();
    const body = PAID_FORM.replace('pm_card_visa', 'pm_stale_500_after');
    const [first, again] = [
      await ask('/payment_intents', { key: 'k', body }),
      await ask('/payment_intents', { key: 'k', body }),
    ];
    expect(errorOf(first).type).toBe('api_error');
    expect(again).toMatchObject({
      status: 500,
      headers: { 'idempotent-replayed': 'true', 'stripe-should-retry': 'false' },
    });
    expect((await sdk.paymentIntents.list()).data).toMatchObject([{ status: 'succeeded' }]);
  });

  test('even a truncated answer has its headers', async () => {
    const { ask } = await start();
    const ending = await ask('/payment_intents', { body: PAID_FORM.replace('pm_card_visa', 'pm_truncated') });
    expect(ending).toMatchObject({ kind: 'broken', status: 200 });
  });
});

describe('a request that lands late', () => {
  test('is in progress until it lands, and then its answer is kept', async () => {
    const { ask, sdk, advance, ledger } = await start({ faults: DELAYS });
    const { id } = await sdk.paymentIntents.create(payment({ metadata: { order_id: 'O1' } }));
    const confirm = () =>
      ask(`/payment_intents/${id}/confirm`, { key: 'k', body: 'payment_method=pm_lands_late' });
    expect(statusOf(await confirm())).toBe('broken');
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({ status: 'requires_payment_method' });
    expect((await ledger()).summary).toMatchObject({ charges: 0, landing: 1 });
    expect((await ledger('?order_id=O1')).summary).toMatchObject({ landing: 1 });
    expect((await ledger('?order_id=O2')).summary).toMatchObject({ landing: 0 });
    advance(4_999);
    expect(errorOf(await confirm()).code).toBe('idempotency_key_in_use');
    advance(1);
    expect((await ledger()).summary).toMatchObject({ charges: 1, live: 1, landing: 0 });
    const answer = await confirm();
    expect(answer).toMatchObject({ status: 200, headers: { 'idempotent-replayed': 'true' } });
    expect(jsonOf(answer)).toMatchObject({ id, status: 'succeeded' });
    expect(jsonOf(await ask(`/charges?payment_intent=${id}`))).toMatchObject({
      data: [{ created: Date.parse('2030-01-01T00:00:05Z') / 1_000 }],
    });
  });

  test('charges nothing if the payment was canceled before', async () => {
    const { ask, sdk, advance, ledger } = await start({ faults: DELAYS });
    const { id } = await sdk.paymentIntents.create(payment());
    const confirm = () =>
      ask(`/payment_intents/${id}/confirm`, { key: 'k', body: 'payment_method=pm_lands_late' });
    await confirm();
    advance(4_999);
    expect(await sdk.paymentIntents.cancel(id)).toMatchObject({ status: 'canceled' });
    advance(1);
    expect((await ledger()).summary).toMatchObject({ charges: 0, landing: 0 });
    expect(errorOf(await confirm())).toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { status: 'canceled' },
    });
  });

  test('charges nothing if another confirmation came first', async () => {
    const { ask, sdk, advance, ledger } = await start({ faults: DELAYS });
    const { id } = await sdk.paymentIntents.create(payment());
    await ask(`/payment_intents/${id}/confirm`, { key: 'k', body: 'payment_method=pm_lands_late' });
    await sdk.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    advance(5_000);
    expect((await ledger()).summary).toMatchObject({ charges: 1, live: 1, landing: 0 });
  });

  test('frees its key if its parameters turn out to be wrong', async () => {
    const { ask, advance, sdk } = await start({
      faults: { ...DELAYS, lands_late: { rate: 1, delay_ms: 5_000 } },
    });
    expect(statusOf(await ask('/payment_intents', { key: 'k', body: 'amount=1&currency=usd' }))).toBe(
      'broken',
    );
    advance(5_000);
    expect((await sdk.paymentIntents.list()).data).toEqual([]);
    expect(statusOf(await ask('/payment_intents', { key: 'k', body: PAID_FORM }))).toBe('broken');
    advance(5_000);
    expect((await sdk.paymentIntents.list()).data).toMatchObject([{ status: 'succeeded' }]);
  });
});

describe('on PostgreSQL', () => {
  let database: TestDatabase;
  const pools: pg.Pool[] = [];
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });
  const open = async (): Promise<Ledger> => {
    const pool = openPool(database.url, { max: 4 });
    pools.push(pool);
    return createPostgresLedger(pool);
  };

  test('payments, kept answers and late requests outlive the process', async () => {
    const before = await start({ ledger: await open(), faults: DELAYS });
    const ask = ({ ask: one }: EmulatedStripe, key: string, method: string) =>
      one('/payment_intents', { key, body: PAID_FORM.replace('pm_card_visa', method) });
    const kept = await ask(before, 'kept', 'pm_card_visa');
    expect(statusOf(await ask(before, 'late', 'pm_lands_late'))).toBe('broken');
    const refund = await before.sdk.refunds.create({
      payment_intent: idOf(kept),
      amount: 100,
      metadata: { a: 'b' },
    });
    await before.far.gateway.close();

    const after = await start({ ledger: await open(), faults: DELAYS });
    expect(jsonOf(await ask(after, 'kept', 'pm_card_visa'))).toEqual(jsonOf(kept));
    expect(errorOf(await ask(after, 'late', 'pm_lands_late')).code).toBe('idempotency_key_in_use');
    expect(await after.sdk.refunds.retrieve(refund.id)).toEqual(refund);
    after.advance(5_000);
    expect(await ask(after, 'late', 'pm_lands_late')).toMatchObject({
      status: 200,
      headers: { 'idempotent-replayed': 'true' },
    });
    expect((await after.ledger()).summary).toMatchObject({
      live: 2,
      money: { USD: { captured: 2_000, refunded: 100 } },
    });
  });

  test('100 confirmations of 10 payments at once, through two processes, make 10 charges', async () => {
    const both = await Promise.all([1, 2].map(async () => start({ ledger: await open() })));
    const [first] = both;
    const ids = await Promise.all(
      Array.from({ length: 10 }, async () => (await first?.sdk.paymentIntents.create(payment()))?.id ?? ''),
    );
    const body = 'payment_method=pm_card_visa';
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const id = ids[index % 10] ?? '';
        const ending = await both[index % 2]?.ask(`/payment_intents/${id}/confirm`, {
          key: `${id} ${index % 30}`,
          body,
        });
        return ending === undefined ? 0 : statusOf(ending);
      }),
    );
    expect(statuses).toContain(200);
    const charges = await Promise.all(ids.map((id) => first?.sdk.charges.list({ payment_intent: id })));
    expect(charges.map((list) => list?.data.length)).toEqual(ids.map(() => 1));
    expect(statuses.every((status) => [200, 400, 409, 429].includes(Number(status)))).toBe(true);
  });

  test('holds that nobody captures end, and holds that are captured in time do not', async () => {
    const { sdk, advance } = await start({ ledger: await open() });
    const left = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
    const taken = await sdk.paymentIntents.create(paid({ capture_method: 'manual' }));
    await sdk.paymentIntents.capture(taken.id, { amount_to_capture: 1 });
    advance(7 * 86_400_000);
    expect(await sdk.paymentIntents.retrieve(left.id)).toMatchObject({ status: 'canceled' });
    expect(await sdk.paymentIntents.retrieve(taken.id)).toMatchObject({
      status: 'succeeded',
      amount_received: 1,
    });
    expect((await sdk.events.list({ type: 'charge.expired' })).data).toMatchObject([
      { data: { object: { id: left.latest_charge } } },
    ]);
  });
});
