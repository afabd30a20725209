import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { migrate } from '../../src/postgres/migrate.ts';
import { GATEWAY, intent } from '../suites/store/fixtures.ts';
import { type Database, migrateOver, openDatabase, openEmptyDatabase } from './world.ts';

const MIGRATIONS = readdirSync(new URL('../../src/postgres/migrations/', import.meta.url)).length;

async function versions({ query }: Database): Promise<readonly unknown[]> {
  return query('SELECT version, name, checksum, applied_at FROM payonce.migrations ORDER BY version');
}

async function installations({ query }: Database): Promise<readonly unknown[]> {
  return query('SELECT installation_id FROM payonce.installation');
}

/** Makes every migration fail in its middle with a unique violation, until the function is called that it returns. */
async function breakMigrations({ query }: Database): Promise<() => Promise<unknown>> {
  await query(`CREATE FUNCTION public.break() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'planned: broken' USING ERRCODE = '23505'; END $$`);
  await query(`CREATE EVENT TRIGGER break ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION')
    EXECUTE FUNCTION public.break()`);
  return () => query('DROP EVENT TRIGGER break');
}

/** A database as the release left it that had these migrations, none of them this release's last. */
async function openOlder(files: readonly string[]): Promise<Database> {
  const database = await openEmptyDatabase();
  await database.query('CREATE SCHEMA payonce');
  for (const file of files) {
    await database.query(await readFile(`src/postgres/migrations/${file}`, 'utf8'));
  }
  // They are known by now, as the runner would have left them.
  const known = await openDatabase();
  await database.query(`CREATE TABLE payonce.migrations (version integer PRIMARY KEY, name text NOT NULL,
    checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
  for (const row of await known.query<{ version: number; name: string; checksum: string }>(
    'SELECT version, name, checksum FROM payonce.migrations WHERE name = ANY ($1)',
    [files],
  )) {
    await database.query('INSERT INTO payonce.migrations VALUES ($1, $2, $3)', [
      row.version,
      row.name,
      row.checksum,
    ]);
  }
  return database;
}

describe('migrating', () => {
  test('ten processes at once bring an empty database up to date once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const database = await openEmptyDatabase();
      await Promise.all(Array.from({ length: 10 }, () => migrateOver(database.url)));
      expect(await versions(database)).toHaveLength(MIGRATIONS);
      expect(await installations(database)).toHaveLength(1);
      await expect(database.open().store.installationId()).resolves.toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('a database that is up to date stays as it is', async () => {
    const database = await openDatabase();
    const before = [await versions(database), await installations(database)];
    await migrateOver(database.url);
    expect([await versions(database), await installations(database)]).toEqual(before);
  });

  test('a file that was changed after it was applied is refused', async () => {
    const database = await openDatabase();
    await database.query(`UPDATE payonce.migrations SET checksum = 'another'`);
    const before = await versions(database);
    await expect(migrateOver(database.url)).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'refused',
      message: expect.stringMatching(/001_payments\.sql .*changed/),
    });
    expect(await versions(database)).toEqual(before);
  });

  test('gives up if other code holds every connection of the pool, and gives back the one that comes later', async () => {
    const { pool } = (await openDatabase()).open({ max: 1 });
    const held = await pool.connect();
    await expect(migrate(pool, { connectMs: 10 })).rejects.toThrow(/No connection of the pool became free/);
    held.release();
    await migrate(pool);
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  });

  test('waits a second at a time for whoever uses the tables, and lets the others pass', async () => {
    const database = await openDatabase();
    await database.query(`DELETE FROM payonce.migrations WHERE version = 2`);
    await database.query(
      'CREATE INDEX payments_by_status ON payonce.payments (account_id, status, payment_id)',
    );
    const reader = await database.client();
    await reader.query('BEGIN');
    await reader.query('SELECT count(*) FROM payonce.payments');
    const migrating = migrateOver(database.url);
    await database.blocked();
    // Behind the waiting migration, but not for longer than it waits.
    const { store } = database.open();
    expect((await store.accept(intent('meanwhile'))).kind).toBe('accepted');
    await reader.query('COMMIT');
    await migrating;
    expect(await versions(database)).toHaveLength(MIGRATIONS);
  });

  test('payments from before the timers are found: those that are due, and no others', async () => {
    const database = await openOlder(['001_payments.sql', '002_rare_statuses.sql']);
    await database.query(`INSERT INTO payonce.payments (account_id, order_id, payment_id, amount_minor, currency, metadata,
        gateway, charge_n, status, step, attempts, doubt, lookups, absences, seq, fence, claim_id, held, due_at, evidence,
        gateway_ref, created_at, updated_at)
      SELECT 'acme', name, gen_random_uuid(), 1, 'USD', '{}', '${GATEWAY}', 1, status, 'call', 1, 'none', 0, 0, 2, 1,
        gen_random_uuid(), held, due_at, 0, 'ch', now(), now()
      FROM (VALUES ('held', 'PROCESSING', true, now() - interval '1 s'), ('waiting', 'UNRESOLVED', false, now() - interval '2 s'),
        ('later', 'PROCESSING', false, now() + interval '1 h'), ('settled', 'COMPLETED', false, NULL))
        AS old(name, status, held, due_at)`);
    await database.query(`INSERT INTO payonce.operations (account_id, payment_id, kind, n, gateway_key, amount_minor, currency,
        opened_at)
      SELECT account_id, payment_id, 'charge', 1, gen_random_uuid(), 1, 'USD', now() FROM payonce.payments`);
    await migrateOver(database.url);
    const { store } = database.open();
    const { payments } = await store.due({ gateway: GATEWAY, limit: 10, calls: true });
    expect(payments.map((record) => record.order.orderId)).toEqual(['waiting', 'held']);
  });

  test('old charges are looked up where they were made, and nowhere if nobody knows where', async () => {
    const files = ['001_payments.sql', '002_rare_statuses.sql', '003_heap_only_updates.sql'];
    const database = await openOlder(files);
    // Three charges: two at "a", of which one answer has been erased, then one at "b", whose name the payment has.
    const paymentId = '01900000-0000-7000-8000-000000000001';
    await database.query(`INSERT INTO payonce.payments (account_id, order_id, payment_id, amount_minor, currency, metadata,
        gateway, charge_n, status, step, attempts, doubt, lookups, absences, seq, fence, claim_id, held, due_at, timer_at,
        evidence, created_at, updated_at)
      VALUES ('acme', 'moved', '${paymentId}', 1, 'USD', '{}', 'b', 3, 'FAILED', 'none', 1, 'none', 0, 3, 9, 3,
        gen_random_uuid(), false, NULL, NULL, 0, now(), now())`);
    await database.query(`INSERT INTO payonce.operations (account_id, payment_id, kind, n, gateway_key, amount_minor, currency,
        opened_at, settled_at, outcome, by_absence, problem, answer)
      SELECT 'acme', '${paymentId}', 'charge', n, gen_random_uuid(), 1, 'USD', now(), now(), 'FAILED', true, 'gateway_failed',
        answer
      FROM (VALUES (1, NULL), (2, '{"gateway":"a"}'), (3, '{"gateway":"b"}')) AS old(n, answer)`);
    await database.query(`INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
      SELECT 'acme', '${paymentId}', 3 * n, 'payment.failed', 'FAILED', n, 1, now() FROM generate_series(1, 3) n`);
    await migrateOver(database.url);
    const { store } = database.open();
    const payment = { accountId: 'acme', orderId: 'moved', paymentId };
    const charges = await store.chargesToVerify(payment, { afterN: 0, limit: 10 });
    expect(charges.map(({ n, gateway }) => [n, gateway])).toEqual([
      [1, 'not known'],
      [2, 'a'],
      [3, 'b'],
    ]);
  });

  test('what a newer release applied is left alone', async () => {
    const database = await openDatabase();
    await database.query(
      `INSERT INTO payonce.migrations (version, name, checksum) VALUES (999, '999_later.sql', 'x')`,
    );
    await database.query('ALTER TABLE payonce.payments ADD COLUMN later text');
    const before = await versions(database);
    await migrateOver(database.url);
    expect(await versions(database)).toEqual(before);
  });

  test('a migration that breaks in its middle leaves nothing behind, and is applied by the next start', async () => {
    const database = await openEmptyDatabase();
    const mend = await breakMigrations(database);
    await expect(migrateOver(database.url)).rejects.toMatchObject({
      name: 'StoreError',
      kind: 'unavailable',
      message: expect.stringContaining('planned: broken'),
    });
    expect(await versions(database)).toEqual([]);
    expect(await database.query(`SELECT to_regclass('payonce.payments') AS table`)).toEqual([
      { table: null },
    ]);
    await mend();
    await migrateOver(database.url);
    expect(await versions(database)).toHaveLength(MIGRATIONS);
  });

  test('a process that dies while it migrates leaves the work to the next', async () => {
    const database = await openEmptyDatabase();
    const mend = await breakMigrations(database);
    await migrateOver(database.url).catch(() => {});
    await mend();
    const locker = await database.client();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE payonce.migrations IN SHARE MODE');
    const dying = migrateOver(database.url);
    dying.catch(() => {});
    await database.query('SELECT pg_terminate_backend($1)', [await database.blocked()]);
    await expect(dying).rejects.toMatchObject({ name: 'StoreError', kind: 'unavailable' });
    await locker.query('COMMIT');
    await migrateOver(database.url);
    expect(await versions(database)).toHaveLength(MIGRATIONS);
    expect(await installations(database)).toHaveLength(1);
  });

  test('a role that may create nothing starts on tables that are there', async () => {
    const database = await openDatabase();
    const admin = await database.client();
    const role = `payonce_test_${process.pid}`;
    await admin.query(`CREATE ROLE ${role}`);
    try {
      await admin.query(`GRANT USAGE ON SCHEMA payonce TO ${role}`);
      await admin.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA payonce TO ${role}`);
      const url = new URL(database.url);
      url.searchParams.set('options', `-c role=${role}`);
      await expect(migrateOver(url.href)).resolves.toBeUndefined();
    } finally {
      await admin.query(`DROP OWNED BY ${role}`);
      await admin.query(`DROP ROLE ${role}`);
    }
  });
});
