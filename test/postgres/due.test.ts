/** What the sweep reads when many waiting payments cannot go on. */
import { expect, test } from 'vitest';
import { createPostgresStore } from '../../src/postgres/index.ts';
import { GATEWAY, intent, numbers, order } from '../suites/store/fixtures.ts';
import { openPool } from './harness.ts';
import { openDatabase } from './world.ts';

test('three payments that are to be looked up are found without reading past the thousands that wait to be called', async () => {
  const database = await openDatabase();
  const pool = openPool(database.url, { max: 1 });
  const store = createPostgresStore({ pool, answerRetentionMs: 1000, timeoutMs: 20_000 });
  try {
    const waiting = numbers(3000).map((n) => ({ ...intent(order(`o${n}`)), start: WAITING }));
    await Promise.all(waiting.map((one) => store.accept(one)));
    await database.query(
      `UPDATE payonce.payments SET step = 'lookup' WHERE order_id IN ('o7', 'o77', 'o777')`,
    );
    // Counted when the connection is idle, at the latest after this.
    const readRows = async (): Promise<number> => {
      await pool.query('SELECT pg_stat_force_next_flush()');
      const [row] = await database.query<{ count: string }>(
        `SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS count
         FROM pg_stat_user_tables WHERE relname = 'payments'`,
      );
      return Number(row?.count);
    };
    const before = await readRows();
    const found = await store.due({ gateway: GATEWAY, limit: 1000, calls: false });
    expect(found.payments.map((record) => record.order.orderId)).toEqual(['o7', 'o77', 'o777']);
    expect((await readRows()) - before).toBeLessThan(30);
  } finally {
    await pool.end();
  }
});

const WAITING = { kind: 'waiting', waitMs: 0 } as const;
