/** A database that a newer release has changed, as the readiness of an old process sees it. */
import { expect, onTestFinished, test } from 'vitest';
import { createPostgresStore } from '../../src/postgres/index.ts';
import { openPool } from './harness.ts';
import { type Database, openDatabase } from './world.ts';

async function migrated({ query }: Database, ...changes: readonly string[]): Promise<void> {
  for (const change of changes) await query(change);
  await query(`INSERT INTO payonce.migrations (version, name, checksum) VALUES (900, '900_newer.sql', 'x')`);
}

function open({ url }: Database) {
  const pool = openPool(url);
  onTestFinished(() => pool.end());
  const logged: unknown[] = [];
  const note = (fields: unknown): void => void logged.push(fields);
  const log = { info: note, warn: note, error: note };
  const store = createPostgresStore({ pool, answerRetentionMs: 1000, timeoutMs: 20_000, log });
  return { store, logged };
}

test('a newer release that leaves room for this one keeps it ready, and nothing of the rehearsal stays', async () => {
  const database = await openDatabase();
  await migrated(database, `ALTER TABLE payonce.payments ADD COLUMN tip bigint NOT NULL DEFAULT 0`);
  const { store, logged } = open(database);
  await store.check();
  expect(logged).toEqual([]);
  expect(new Set(Object.values(await database.counts()))).toEqual(new Set([0]));
  const [leases] = await database.query('SELECT count(*)::int AS count FROM payonce.first_leases');
  expect(leases).toEqual({ count: 0 });
});

test.each([
  [
    'a column that must be filled',
    `ALTER TABLE payonce.payments ADD COLUMN tip bigint NOT NULL`,
    'null value in column "tip"',
  ],
  ['a column that is gone', `ALTER TABLE payonce.events RENAME COLUMN detail TO note`, 'column "detail"'],
  [
    'what is written last',
    `ALTER TABLE payonce.operations RENAME COLUMN answer TO answers`,
    'column "answer"',
  ],
  [
    'a table of refunds that must be filled differently',
    `ALTER TABLE payonce.follow_ups ADD COLUMN tip bigint NOT NULL`,
    'null value in column "tip"',
  ],
  [
    'what is written when a refund ends',
    `ALTER TABLE payonce.payment_sums RENAME COLUMN elsewhere_minor TO others_minor`,
    'column s.elsewhere_minor',
  ],
  [
    'a charge that is authorised first, and must be filled differently',
    `ALTER TABLE payonce.operations RENAME COLUMN capture_method TO method_of_capture`,
    'column "capture_method"',
  ],
  [
    'what is written when a capture ends',
    `ALTER TABLE payonce.payment_sums ADD CONSTRAINT newer CHECK (exclusive_id IS NULL OR captured_minor = 0)`,
    'constraint "newer"',
  ],
  [
    'a rule of its own',
    `ALTER TABLE payonce.payments ADD CONSTRAINT newer CHECK (metadata ? 'newer')`,
    'constraint "newer"',
  ],
])('this one is not ready, and says why, once: %s', async (_what, change, reason) => {
  const database = await openDatabase();
  await migrated(database, change);
  const { store, logged } = open(database);
  for (let asked = 0; asked < 2; asked += 1) {
    await expect(store.check()).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringMatching(/newer release .*900_newer\.sql.* Start the newer release/),
    });
  }
  expect(logged).toEqual([
    { alarm: 'newer_release', migrations: '900_newer.sql', reason: expect.stringContaining(reason) },
  ]);
});

test('it is ready again when the change is taken back, and says so once', async () => {
  const database = await openDatabase();
  await migrated(database, `ALTER TABLE payonce.payments ADD COLUMN tip bigint NOT NULL`);
  const { store, logged } = open(database);
  await expect(store.check()).rejects.toThrow('newer release');
  await database.query(`ALTER TABLE payonce.payments ALTER COLUMN tip SET DEFAULT 0`);
  await store.check();
  await store.check();
  expect(logged).toEqual([
    expect.objectContaining({ alarm: 'newer_release' }),
    { alarm_ended: 'newer_release' },
  ]);
});
