/** What the sweep reads when many waiting payments, or refunds, cannot go on. */
import type { Pool } from 'pg';
import { expect, test } from 'vitest';
import { GATEWAY, intent, numbers, ofEveryKind, order } from '../suites/store/fixtures.ts';
import { completed, opened, refund } from '../suites/store/follow-up-fixtures.ts';
import { openDatabase } from './world.ts';

const WAITING = { kind: 'waiting', waitMs: 0 } as const;

/** Rows of the table that the pool's one connection has read. They are counted when it is idle, at the latest after this. */
async function readRows(pool: Pool, table: string): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ count: string }>(
    `SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS count
     FROM pg_stat_user_tables WHERE relname = $1`,
    [table],
  );
  return Number(rows[0]?.count);
}

test('three payments that are to be looked up are found without reading past the thousands that wait to be called', async () => {
  const database = await openDatabase();
  const { store, pool } = database.open({ max: 1 });
  const waiting = numbers(3000).map((n) => ({ ...intent(order(`o${n}`)), start: WAITING }));
  await Promise.all(waiting.map((one) => store.accept(one)));
  await database.query(`UPDATE payonce.payments SET step = 'lookup' WHERE order_id IN ('o7', 'o77', 'o777')`);
  const before = await readRows(pool, 'payments');
  const found = await store.due({ gateway: GATEWAY, limit: 1000, calls: false });
  expect(found.payments.map((record) => record.order.orderId)).toEqual(['o7', 'o77', 'o777']);
  expect((await readRows(pool, 'payments')) - before).toBeLessThan(30);
});

test('three refunds that are to be looked up are found without reading past the thousands that wait to be called', async () => {
  const database = await openDatabase();
  const { store, pool } = database.open({ max: 1 });
  const payment = await completed(store, 'one');
  await opened(store, await refund(store, payment, 'r-0', { amountMinor: 1, start: WAITING }));
  await database.query(`INSERT INTO payonce.follow_ups
    SELECT (jsonb_populate_record(f, jsonb_build_object('follow_up_id', gen_random_uuid(), 'name', 'r-' || n,
      'step', CASE WHEN n IN (7, 77, 777) THEN 'lookup' ELSE 'call' END))).*
    FROM payonce.follow_ups f CROSS JOIN generate_series(1, 3000) n`);
  const before = await readRows(pool, 'follow_ups');
  const { followUps } = await store.dueFollowUps({
    gateway: GATEWAY,
    limit: 1000,
    calls: ofEveryKind(false),
  });
  expect(followUps.map(({ followUp }) => followUp.name).sort()).toEqual(['r-7', 'r-77', 'r-777']);
  expect((await readRows(pool, 'follow_ups')) - before).toBeLessThan(30);
});

test('a page of one payment’s refunds is read without those of the other payments', async () => {
  const database = await openDatabase();
  const { store, pool } = database.open({ max: 1 });
  const payment = await completed(store, 'one');
  await opened(store, await refund(store, payment, 'ours', { amountMinor: 1, start: WAITING }));
  await database.query(`INSERT INTO payonce.follow_ups
    SELECT (jsonb_populate_record(f, jsonb_build_object('follow_up_id', gen_random_uuid(), 'payment_id', gen_random_uuid()))).*
    FROM payonce.follow_ups f CROSS JOIN generate_series(1, 3000) n`);
  await database.query('ANALYZE payonce.follow_ups');
  const before = await readRows(pool, 'follow_ups');
  const of = { accountId: 'acme', paymentId: payment.paymentId, kind: 'refund' } as const;
  expect(await store.followUps({ ...of, limit: 1 })).toHaveLength(1);
  expect((await readRows(pool, 'follow_ups')) - before).toBeLessThan(10);
});
