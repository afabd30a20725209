import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '../../../test/postgres/harness.ts';
import { ledgerSuite, newCharge } from '../../../test/suites/fake-ledger.suite.ts';
import { createDatabase } from '../../../test/support/database.ts';
import type { Ledger } from './port.ts';
import { createPostgresLedger } from './postgres.ts';

type Database = Awaited<ReturnType<typeof createDatabase>>;

ledgerSuite('postgres', async () => {
  const databases: Database[] = [];
  const pools: pg.Pool[] = [];
  const urls = new Map<Ledger, string>();
  const open = async (url: string) => {
    const pool = openPool(url, { max: 4 });
    pools.push(pool);
    const ledger = await createPostgresLedger(pool);
    urls.set(ledger, url);
    return ledger;
  };
  return {
    async empty() {
      const database = await createDatabase();
      databases.push(database);
      return open(database.url);
    },
    again: (ledger) => open(urls.get(ledger) ?? ''),
    async close() {
      await Promise.all(pools.map((pool) => pool.end()));
      await Promise.all(databases.map((database) => database.drop()));
    },
  };
});

describe('postgres ledger', () => {
  let database: Database;
  const pools: pg.Pool[] = [];
  const poolOf = (max = 4) => {
    const pool = openPool(database.url, { max });
    pools.push(pool);
    return pool;
  };
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    await database.drop();
  });

  test('20 processes that start on an empty database at once create one ledger', async () => {
    const ledgers = await Promise.all(Array.from({ length: 20 }, () => createPostgresLedger(poolOf(1))));
    const booked = await Promise.all(ledgers.map((ledger) => ledger.book(newCharge({ key: 'first' }))));
    expect(booked.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(booked.map(({ charge }) => charge.id)).size).toBe(1);
  });

  test('charges are kept when the process ends, and the tables are not created again', async () => {
    const before = poolOf();
    const ledger = await createPostgresLedger(before);
    const { charge } = await ledger.book(newCharge({ key: 'durable' }));
    await ledger.countAttempt('durable');
    await before.end();
    pools.splice(pools.indexOf(before), 1);
    const after = await createPostgresLedger(poolOf());
    expect(await after.byKey('durable')).toEqual([charge]);
    expect(await after.byId(charge.id)).toEqual(charge);
    expect(await after.countAttempt('durable')).toBe(2);
  });

  test('a role that may not create anything is enough once the tables exist', async () => {
    const admin = poolOf(1);
    await createPostgresLedger(admin);
    const role = `reader_${process.pid}_${Date.now()}`;
    await admin.query(`CREATE ROLE ${role};
      GRANT USAGE ON SCHEMA fake_gateway TO ${role};
      GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA fake_gateway TO ${role}`);
    const pool = poolOf(1);
    pool.on('connect', (client) => void client.query(`SET ROLE ${role}`));
    const ledger = await createPostgresLedger(pool);
    expect((await ledger.book(newCharge())).created).toBe(true);
    await pool.query('RESET ROLE');
    await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  test('tables of another version are refused, and the message says what to do', async () => {
    const other = await createDatabase();
    const pool = openPool(other.url, { max: 1 });
    try {
      await createPostgresLedger(pool);
      await pool.query('UPDATE fake_gateway.settings SET version = 99');
      await expect(createPostgresLedger(pool)).rejects.toThrow(/version 99.*matching release/s);
    } finally {
      await pool.end();
      await other.drop();
    }
  });

  test('one row that the database refuses spoils none of the others in its batch', async () => {
    const ledger = await createPostgresLedger(poolOf());
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) =>
        ledger.book(newCharge({ key: `batch-${index}`, ...(index === 17 ? { reference: 'a\u0000b' } : {}) })),
      ),
    );
    expect(results.map(({ status }) => status).indexOf('rejected')).toBe(17);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  test('bookings work again once the database is back', async () => {
    const own = await createDatabase();
    const pool = openPool(own.url, { max: 4 });
    const killer = new pg.Client(own.url);
    try {
      const ledger = await createPostgresLedger(pool);
      await ledger.book(newCharge());
      await killer.connect();
      await killer.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`);
      const book = () => ledger.book(newCharge()).then(({ created }) => created);
      await expect.poll(() => book().catch(() => false)).toBe(true);
    } finally {
      await killer.end();
      await pool.end();
      await own.drop();
    }
  });

  test('100 charges at once are booked in a handful of statements', async () => {
    const pool = poolOf();
    const ledger = await createPostgresLedger(pool);
    let statements = 0;
    const query = pool.query.bind(pool) as (...parameters: unknown[]) => unknown;
    Object.assign(pool, {
      query: (...parameters: unknown[]) => {
        statements += 1;
        return query(...parameters);
      },
    });
    await Promise.all(Array.from({ length: 100 }, () => ledger.book(newCharge())));
    expect(statements).toBeLessThanOrEqual(3);
  });
});
