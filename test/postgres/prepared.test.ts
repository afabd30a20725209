import { describe, expect, test } from 'vitest';
import { accepted, complete, intent, numbers } from '../suites/store/fixtures.ts';
import { type Database, openDatabase } from './world.ts';

type Opened = ReturnType<Database['open']>;

/** Names of what the store's one connection has prepared for writing payments. */
async function preparedNames({ pool }: Opened): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT name FROM pg_prepared_statements WHERE statement ~ '(INTO|UPDATE) payonce.payments'`,
  );
  return rows.map(({ name }) => name);
}

/** The plan that the connection would use now for a prepared statement. */
async function planOf({ pool }: Opened, name: string): Promise<string> {
  const { rows } = await pool.query<{ parameters: number }>(
    'SELECT cardinality(parameter_types)::int AS parameters FROM pg_prepared_statements WHERE name = $1',
    [name],
  );
  const nulls = Array.from({ length: rows[0]?.parameters ?? 0 }, () => 'NULL').join();
  const plan = await pool.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE ${name}(${nulls})`);
  return plan.rows.map((row) => row['QUERY PLAN']).join('\n');
}

/** Makes this many payments, a few in each statement. */
async function makePayments({ store }: Opened, count: number, batch: number): Promise<void> {
  for (let made = 0; made < count; made += batch) {
    await Promise.all(
      numbers(batch).map(async (n) =>
        store.advance(complete(await accepted(store, `${batch} at once, ${made + n}`))),
      ),
    );
  }
}

describe('prepared statements', () => {
  test('plans that were made on empty tables do not outlive their growth', async () => {
    const database = await openDatabase();
    // Statistics would be renewed, and with them the plans, within a minute: too late, and not in a test.
    for (const table of ['payments', 'operations', 'requests', 'events', 'first_leases']) {
      await database.query(`ALTER TABLE payonce.${table} SET (autovacuum_enabled = off)`);
    }
    const opened = database.open({ max: 1 });
    await makePayments(opened, 20, 1);
    await makePayments(opened, 4000, 100);
    const names = await preparedNames(opened);
    // The first payment has a statement of its own.
    expect(names).toHaveLength(3);
    for (const name of names) {
      const plan = await planOf(opened, name);
      expect(plan).toMatch(/Index (Only )?Scan using payments_(pkey|by_id)/);
      expect(plan).not.toContain('Seq Scan on payments');
    }
  });

  test('batches of one do not get a plan of their own each', async () => {
    const database = await openDatabase();
    const opened = database.open({ max: 1 });
    // As many as it takes until a plan for ten rows looks expensive compared with a plan for one row.
    await makePayments(opened, 1500, 1);
    const [row] = (
      await opened.pool.query<{ generic: number; custom: number }>(
        `SELECT sum(generic_plans)::int AS generic, sum(custom_plans)::int AS custom
         FROM pg_prepared_statements WHERE statement ~ '(INTO|UPDATE) payonce.payments'`,
      )
    ).rows;
    expect(row?.generic).toBeGreaterThan(2900);
    expect(row?.custom).toBeLessThan(100);
  });

  test('after somebody else threw prepared statements away, everything works, and nothing is prepared any more', async () => {
    const database = await openDatabase();
    const opened = database.open({ max: 1 });
    for (const name of ['first', 'one']) await accepted(opened.store, name);
    expect(await preparedNames(opened)).toHaveLength(2);
    await opened.pool.query('DISCARD ALL');
    expect((await opened.store.accept(intent('two'))).kind).toBe('accepted');
    await accepted(opened.store, 'three');
    expect(await preparedNames(opened)).toEqual([]);
    expect(await database.counts()).toMatchObject({ payments: 4, events: 4 });
  });
});
