/** The list of first leases, and what it is there for: that settling a payment touches no index. */
import { describe, expect, test } from 'vitest';
import { createPostgresStore } from '../../src/postgres/index.ts';
import {
  accepted,
  complete,
  done,
  fail,
  GATEWAY,
  intent,
  key,
  nextCharge,
  numbers,
  order,
  recordOf,
  release,
} from '../suites/store/fixtures.ts';
import { until } from '../support/until.ts';
import { openPool } from './harness.ts';
import { type Database, openDatabase, openStore } from './world.ts';

const DUE = { gateway: GATEWAY, limit: 100, calls: true };

/** Payments in the list, of all its rows. */
async function listed(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    'SELECT coalesce(sum(cardinality(payment_ids)), 0)::int AS count FROM payonce.first_leases',
  );
  return row?.count ?? 0;
}

async function timers(database: Database): Promise<readonly string[]> {
  const rows = await database.query<{ order_id: string }>(
    'SELECT order_id FROM payonce.payments WHERE timer_at = due_at ORDER BY order_id',
  );
  return rows.map((row) => row.order_id);
}

/** Ends all that are in the list, as time would. */
async function endLeases(database: Database, which = 'true'): Promise<void> {
  await database.query(`UPDATE payonce.first_leases SET ends_at = now()`);
  await database.query(
    `UPDATE payonce.payments SET due_at = now() WHERE due_at IS NOT NULL AND timer_at IS NULL AND ${which}`,
  );
}

describe('the first lease of a payment', () => {
  test('is listed with those that were accepted with it, each account in a row of its own', async () => {
    const { database, store } = await openStore();
    await Promise.all(
      numbers(20).map((n) => store.accept(intent(order(`o${n}`, { accountId: `a${n % 2}` })))),
    );
    const rows = await database.query<{ account_id: string; payments: number }>(
      `SELECT account_id, sum(cardinality(payment_ids))::int AS payments FROM payonce.first_leases
       GROUP BY account_id ORDER BY account_id`,
    );
    expect(rows).toEqual([
      { account_id: 'a0', payments: 10 },
      { account_id: 'a1', payments: 10 },
    ]);
    expect(await timers(database)).toEqual([]);
  });

  test('is kept until it ends', async () => {
    const { database, store } = await openStore();
    await accepted(store, 'held');
    expect((await store.due(DUE)).payments).toEqual([]);
    expect(await listed(database)).toBe(1);
  });

  test('gives a timer at its end to whatever is open, and to nothing else', async () => {
    const { database, store } = await openStore();
    const names = ['open', 'settled', 'waiting'] as const;
    const [, settled, waiting] = await Promise.all(names.map((name) => accepted(store, name)));
    if (settled === undefined || waiting === undefined) throw new Error('not accepted');
    await done(store, complete(settled));
    await done(store, release(waiting, 3_600_000));
    const [before] = await database.query('SELECT due_at FROM payonce.payments WHERE order_id = $1', [
      'waiting',
    ]);
    await database.query(`UPDATE payonce.first_leases SET ends_at = now()`);
    await database.query(`UPDATE payonce.payments SET due_at = now() WHERE order_id = 'open'`);
    expect((await store.due(DUE)).payments.map((record) => record.order.orderId)).toEqual(['open']);
    expect(await listed(database)).toBe(0);
    expect(await timers(database)).toEqual(['open', 'waiting']);
    const [after] = await database.query('SELECT due_at FROM payonce.payments WHERE order_id = $1', [
      'waiting',
    ]);
    expect(after).toEqual(before);
  });

  test('that several servers see end at once gives one timer', async () => {
    const database = await openDatabase();
    const stores = numbers(4).map(() => database.open().store);
    await Promise.all(numbers(300).map((n) => stores[n % 4]?.accept(intent(`o${n}`))));
    await endLeases(database);
    await Promise.all(stores.map((store) => store.due(DUE)));
    expect(await listed(database)).toBe(0);
    expect(await timers(database)).toHaveLength(300);
  });

  test('that ends while its payment is being settled gives no timer', async () => {
    const { database, store } = await openStore();
    const held = await accepted(store, 'one');
    const other = await database.client();
    await other.query('BEGIN');
    await other.query(`UPDATE payonce.payments SET due_at = NULL, held = false, seq = seq + 1`);
    await database.query(`UPDATE payonce.first_leases SET ends_at = now()`);
    // It waits for nobody: what is locked is looked at again.
    expect((await store.due(DUE)).payments).toEqual([]);
    expect(await listed(database)).toBe(1);
    await other.query('COMMIT');
    await database.query(`UPDATE payonce.first_leases SET ends_at = now()`);
    expect((await store.due(DUE)).payments).toEqual([]);
    expect([await listed(database), await timers(database)]).toEqual([0, []]);
    expect((await recordOf(store, held.order)).dueAtMs).toBeNull();
  });

  test('of a payment that somebody has locked does not hold up the others', async () => {
    const { database, store } = await openStore();
    // Accepted together, so that they may stand in one row of the list.
    await Promise.all(['alone', 'locked', 'beside'].map((name) => store.accept(intent(name))));
    await done(store, release(await accepted(store, 'free'), 0));
    const other = await database.client();
    await other.query('BEGIN');
    await other.query(`SELECT FROM payonce.payments WHERE order_id = 'locked' FOR UPDATE`);
    await endLeases(database, `order_id <> 'locked'`);
    const found = async () => (await store.due(DUE)).payments.map((record) => record.order.orderId).sort();
    expect(await found()).toEqual(['alone', 'beside', 'free']);
    // Put off, so that it does not stand before the others.
    const [row] = await database.query<{ later: boolean }>(
      'SELECT bool_and(ends_at > now()) AS later FROM payonce.first_leases',
    );
    expect(row).toEqual({ later: true });
    await other.query('COMMIT');
    await endLeases(database);
    expect(await found()).toEqual(['alone', 'beside', 'free', 'locked']);
    expect([await listed(database), await timers(database)]).toEqual([
      0,
      ['alone', 'beside', 'free', 'locked'],
    ]);
  });

  test.each([
    ['that is due', 'due_at = now()'],
    ['whose timer is another', `due_at = now(), timer_at = '-infinity'`],
    ['that is due no more', 'timer_at = now()'],
  ])('no payment is stored %s and that the sweep would not find, or for ever', async (_what, change) => {
    const { database, store } = await openStore();
    await done(store, complete(await accepted(store, 'one')));
    const changed = database.query(`UPDATE payonce.payments SET ${change}`);
    await expect(changed).rejects.toThrow(/payments_timer_is_due/);
  });

  test('a process that knows of no timers can accept nothing', async () => {
    const database = await openDatabase();
    const before =
      database.query(`INSERT INTO payonce.payments (account_id, order_id, payment_id, amount_minor, currency,
        metadata, gateway, charge_n, status, step, attempts, doubt, lookups, absences, seq, fence, claim_id, held, due_at,
        evidence, created_at, updated_at)
      VALUES ('acme', 'one', gen_random_uuid(), 1, 'USD', '{}', 'g', 1, 'PROCESSING', 'call', 1, 'none', 0, 0, 1, 1,
        gen_random_uuid(), true, now(), 0, now(), now())`);
    await expect(before).rejects.toThrow(/payments_timer_is_due/);
  });
});

describe('settling a payment', () => {
  test('touches no index', async () => {
    const database = await openDatabase();
    const pool = openPool(database.url);
    const store = createPostgresStore({ pool, answerRetentionMs: 86_400_000 });
    const [{ version } = { version: 0 }] = await database.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    );
    const held = await Promise.all(
      numbers(500).map((n) => accepted(store, intent(`o${n}`, { key: key(`k${n}`) }))),
    );
    await Promise.all(
      held.map((record) => done(store, complete(record, JSON.stringify({ answer: 'x'.repeat(400) })))),
    );
    // PostgreSQL's counters are complete when the sessions have ended.
    await pool.end();
    const rows = await until('all updates are counted', async () => {
      const counted = await database.query<{ relname: string; updated: number; heap_only: number }>(
        `SELECT relname, n_tup_upd::int AS updated, n_tup_hot_upd::int AS heap_only FROM pg_stat_user_tables
         WHERE schemaname = 'payonce' AND relname IN ('payments', 'operations') ORDER BY relname`,
      );
      return counted.every((row) => row.updated === 500) ? counted : undefined;
    });
    const [operations, payments] = rows;
    expect(payments).toEqual({ relname: 'payments', updated: 500, heap_only: 500 });
    // Before 16 any index on a changed column counts, the one by blocks included.
    if (version >= 160_000)
      expect(operations).toEqual({ relname: 'operations', updated: 500, heap_only: 500 });
  });

  test('and what follows a failure goes on being found', async () => {
    const { database, store } = await openStore();
    const failed = await done(store, fail(await accepted(store, 'one')));
    await store.openNextCharge(nextCharge(failed, { key: key('second') }));
    expect(await timers(database)).toEqual(['one']);
  });
});
