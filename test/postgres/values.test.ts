/** Values arrive as they were sent, whatever settings the program around us gave its driver or its session. */
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import {
  ACCOUNT,
  accepted,
  complete,
  fail,
  GATEWAY,
  intent,
  key,
  order,
  paymentKey,
  recordOf,
  seen,
} from '../suites/store/fixtures.ts';
import { openDatabase, openStore } from './world.ts';

const AMOUNTS = [1, 12_345_678_901, 9_007_199_254_740_991] as const;

/** An order that is accepted, read in every way, and failed. */
async function amountsRead(store: Store, orderId: string, amountMinor: number): Promise<readonly unknown[]> {
  const held = await accepted(store, intent(order(orderId, { amountMinor })));
  const { accountId } = held.order;
  const read = await store.payment(accountId, held.paymentId);
  const [listed] = await store.payments({ accountId, orderId, limit: 1 });
  await store.advance(fail(held, { byAbsence: true }));
  const [failed] = await store.chargesToVerify(paymentKey(held), { afterN: 0, limit: 1 });
  return [held, read, listed].map((record) => record?.order.amountMinor).concat(failed?.amountMinor);
}

describe('an amount', () => {
  test.each(AMOUNTS)('of %i is read as it was stored', async (amount) => {
    const { store } = await openStore();
    expect(await amountsRead(store, 'one', amount)).toEqual([amount, amount, amount, amount]);
  });

  test.each([-15, -6, 0])(
    'is read as it was stored where extra_float_digits became %i later',
    async (digits) => {
      const { store, pool } = await openStore({ max: 1 });
      let client: pg.PoolClient | undefined;
      pool.on('acquire', (acquired) => {
        client = acquired;
      });
      await store.check();
      // Behind the pool's back, so that the connection is not checked again.
      await client?.query(`SET extra_float_digits = ${digits}`);
      for (const [index, amount] of AMOUNTS.entries()) {
        expect(await amountsRead(store, `order ${index}`, amount)).toEqual([amount, amount, amount, amount]);
      }
    },
  );

  test('that JavaScript would round is no amount', async () => {
    const { database, store } = await openStore();
    await accepted(store, 'one');
    await database.query('UPDATE payonce.payments SET amount_minor = 9007199254740993');
    await expect(recordOf(store, order('one'))).rejects.toThrow('2^53 - 1');
  });
});

/** The types that our statements return, and a few that a program may have parsers for. */
const TYPES = [16, 20, 21, 23, 25, 114, 700, 701, 1043, 1184, 2950, 3802];

/** What a store says about an order, in every way in which it can be read. */
async function everythingTold(store: Store): Promise<unknown> {
  await store.check();
  const wanted = order('one', { amountMinor: 12_345, method: 'tok_visa', metadata: { note: 'gift' } });
  const stored = key('k');
  const held = await accepted(store, intent(wanted, { key: stored }));
  const before = await store.due({ limit: 10, calls: true, gateway: GATEWAY });
  await store.advance(complete(held));
  const situation = await seen(store, 'one', stored);
  const events = await store.events({ accountId: ACCOUNT, paymentId: held.paymentId, after: 0, limit: 10 });
  const payment = await store.payment(ACCOUNT, held.paymentId);
  return {
    now: typeof before.nowMs,
    due: before.payments.length,
    installation: /^[0-9a-f-]{36}$/.test(await store.installationId()),
    erased: await store.eraseExpiredAnswers(10),
    held: held.held,
    key: situation.key && { ...situation.key, answer: situation.key.answer?.body.includes('completed') },
    order: payment?.order,
    operation: {
      ...payment?.operation,
      openedAtMs: typeof payment?.operation.openedAtMs,
      firstSentAtMs: null,
    },
    numbers: [payment?.seq, payment?.fence, payment?.evidence, payment?.absences],
    created: Math.abs((payment?.createdAtMs ?? 0) - before.nowMs) < 600_000,
    events: events?.map(({ seq, type, status, chargeN, attempts, atMs }) => [
      seq,
      type,
      status,
      chargeN,
      attempts,
      typeof atMs,
    ]),
  };
}

/** Until the end of the test, every parser of the driver gives something that no statement expects. */
function bendAllParsers(): void {
  for (const type of TYPES) {
    const usual = pg.types.getTypeParser(type);
    pg.types.setTypeParser(type, () => 'bent');
    onTestFinished(() => pg.types.setTypeParser(type, usual));
  }
}

describe('the parsers of the program around us', () => {
  test('change nothing that is read, whether they are the driver’s or the pool’s', async () => {
    const plain = await everythingTold((await openStore({ max: 1 })).store);
    expect(plain).toMatchObject({
      order: { amountMinor: 12_345, metadata: { note: 'gift' } },
      numbers: [2, 1, 0, 0],
      key: { chargeN: 1, started: true, expired: false, answer: true },
      events: [
        [1, 'payment.created', 'PROCESSING', 1, 1, 'number'],
        [2, 'payment.completed', 'COMPLETED', 1, 1, 'number'],
      ],
    });
    const types = { getTypeParser: () => () => 'bent' } as unknown as pg.CustomTypesConfig;
    expect(await everythingTold((await openStore({ max: 1, types })).store)).toEqual(plain);
    bendAllParsers();
    expect(await everythingTold((await openStore({ max: 1 })).store)).toEqual(plain);
  });

  test('do not keep the migrations from finding what is there', async () => {
    const { pool } = await openStore({ max: 1 });
    bendAllParsers();
    await expect(migrate(pool)).resolves.toBeUndefined();
    await pool.query('DROP SCHEMA payonce CASCADE');
    await expect(migrate(pool)).resolves.toBeUndefined();
  });

  test('do not stop statements from being prepared', async () => {
    const { store, pool } = await openStore({ max: 1 });
    bendAllParsers();
    await accepted(store, 'one');
    const types = { getTypeParser: () => Number } as unknown as pg.CustomTypesConfig;
    const { rows } = await pool.query<{ count: number }>({
      text: `SELECT count(*) AS count FROM pg_prepared_statements WHERE name LIKE 'payonce_%'`,
      types,
    });
    expect(rows[0]?.count).toBeGreaterThan(0);
  });
});

test('a text NULL in an array is not an absent one where array_nulls is off: that is refused', async () => {
  const database = await openDatabase();
  const url = new URL(database.url);
  url.searchParams.set('options', '-c array_nulls=off');
  const { store } = database.open({ url: url.href });
  await expect(store.accept(intent('one'))).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('ALTER ROLE CURRENT_USER SET array_nulls = on;'),
  });
  expect(await database.counts()).toMatchObject({ payments: 0 });
});
