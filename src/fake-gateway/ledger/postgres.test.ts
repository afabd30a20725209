import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '../../../test/postgres/harness.ts';
import { newCharge, newOperation } from '../../../test/suites/fake-ledger/fixtures.ts';
import { ledgerSuite } from '../../../test/suites/fake-ledger.suite.ts';
import { createDatabase } from '../../../test/support/database.ts';
import { refundsAt, standingAt } from './charge-state.ts';
import type { Ledger } from './port.ts';
import { createPostgresLedger } from './postgres.ts';
import { STEPS } from './postgres-schema.ts';

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

  test('a ledger of version 1 keeps its charges, and what was done to them, in every process that opens it', async () => {
    const old = await createDatabase();
    const pools = Array.from({ length: 5 }, () => openPool(old.url, { max: 2 }));
    const [pool] = pools as [pg.Pool, ...pg.Pool[]];
    try {
      await pool.query(STEPS[0] ?? '');
      await pool.query(`
        INSERT INTO fake_gateway.settings (version, ledger_tag, faults) VALUES (1, 'abcd1234', '{"declined":1}');
        INSERT INTO fake_gateway.charges (key, generation, reference, amount, currency, asked_amount, asked_currency,
          capture, outcome, answer, created_ms, visible_ms, captured, refunded, voided)
        VALUES ('refunded', 0, 'r', 100, 'USD', 100, 'USD', true, 'succeeded', 200, 1000, 1000, 0, 70, false),
               ('captured', 0, 'r', 100, 'USD', 100, 'USD', false, 'succeeded', 200, 1000, 1000, 80, 0, false),
               ('voided', 0, 'r', 100, 'USD', 100, 'USD', false, 'succeeded', 200, 1000, 1000, 0, 0, true);
        INSERT INTO fake_gateway.operations (key, kind, charge_seq, amount, asked, created_ms)
        VALUES ('r1', 'refund', 1, 30, 30, 2000), ('r2', 'refund', 1, 40, 40, 3000),
               ('c1', 'capture', 2, 80, 80, 2000), ('v1', 'void', 3, 100, NULL, 2000)`);
      const [ledger] = await Promise.all(pools.map(createPostgresLedger));
      if (ledger === undefined) throw new Error('no ledger');
      const charges = await ledger.list({ nowMs: 4000, view: 'public', limit: 10 });
      const sums = charges.map((charge) => [charge.id, standingAt(charge, 4000)]);
      expect(sums).toMatchObject([
        ['ch_abcd123400000001', { captured: 100, refunded: 70 }],
        ['ch_abcd123400000002', { captured: 80, refunded: 0 }],
        ['ch_abcd123400000003', { voided: true }],
      ]);
      expect((await ledger.summary({ nowMs: 4000 })).statuses).toMatchObject({ succeeded: 2, voided: 1 });
      const [refunded] = charges;
      expect(refunded && refundsAt(refunded, 4000)).toMatchObject([
        { id: 're_abcd123400000001', key: 'r1', amount: 30, visibleMs: 2000 },
        { id: 're_abcd123400000002', key: 'r2', amount: 40, visibleMs: 3000 },
      ]);
      const refund = (key: string, asked: number) =>
        ledger.operate(
          newOperation({
            kind: 'refund',
            chargeId: refunded?.id ?? '',
            key,
            asked,
            createdMs: 5000,
          }),
          5000,
        );
      expect(await refund('r2', 40)).toMatchObject({ created: false, operation: { answer: 200 } });
      expect(await refund('r3', 31)).toEqual({ kind: 'refused', error: 'amount_too_large' });
      expect(await refund('r4', 30)).toMatchObject({ created: true });
      expect(await ledger.readSettings()).toEqual({ declined: 1 });
      expect((await ledger.book(newCharge({ key: 'new' }))).created).toBe(true);
    } finally {
      await Promise.all(pools.map((one) => one.end()));
      await old.drop();
    }
  });

  test('a refund sees every other one, whatever isolation the database has by default', async () => {
    const options = '-c default_transaction_isolation=repeatable\\ read';
    const pool = openPool(database.url, { max: 8, options });
    pools.push(pool);
    const { rows } = await pool.query('SHOW transaction_isolation');
    expect(rows).toEqual([{ transaction_isolation: 'repeatable read' }]);
    const ledger = await createPostgresLedger(pool);
    const { charge } = await ledger.book(newCharge({ amount: 100 }));
    const results = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        ledger.operate(
          newOperation({ kind: 'refund', chargeId: charge.id, key: `isolated-${index}`, asked: 30 }),
          charge.createdMs,
        ),
      ),
    );
    expect(results.filter(({ kind }) => kind === 'done')).toHaveLength(3);
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

  test('a name that another process uses is refused at once, and nothing is done', async () => {
    const [ledger, other] = await Promise.all([poolOf(), poolOf()].map(createPostgresLedger));
    let ran = false;
    const first = await ledger?.transact({ refused: 'name' }, async () => {
      const second = await other?.transact({ refused: 'name' }, async () => {
        ran = true;
      });
      return second === null ? 'alone' : 'not alone';
    });
    expect([first, ran]).toEqual(['alone', false]);
    expect(await other?.transact({ refused: 'name' }, async () => 'later')).toBe('later');
  });

  test('a transaction that fails leaves nothing', async () => {
    const ledger = await createPostgresLedger(poolOf());
    const failing = ledger.transact({ awaited: 'name' }, async (books) => {
      await books.write({ kind: 'note', id: 'lost', atMs: 0, labels: [], data: 1 });
      await books.book(newCharge({ key: 'lost' }));
      throw new Error('it fails');
    });
    await expect(failing).rejects.toThrow('it fails');
    expect(await ledger.transact({}, (books) => books.read('note', 'lost'))).toBeUndefined();
    expect(await ledger.byKey('lost')).toEqual([]);
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
