import { describe, expect, onTestFinished, test } from 'vitest';
import { accepted, complete, done, intent, numbers, recordOf, release } from '../suites/store/fixtures.ts';
import { storeSuite } from '../suites/store.suite.ts';
import { createDatabase } from '../support/database.ts';
import { createPostgresHarness } from './harness.ts';
import { findPgBouncer, startPgBouncer } from './pgbouncer.ts';
import { migrateOver, openDatabase, openEmptyDatabase } from './world.ts';

/** Fewer than the clients want, so that every one of them is served by every server connection. */
const SERVER_CONNECTIONS = 3;

const program = findPgBouncer();

if (program === null) {
  test.skip(
    'PostgreSQL behind PgBouncer: the program pgbouncer is not installed (apt-get install pgbouncer)',
  );
} else {
  storeSuite('PostgreSQL behind PgBouncer in transaction mode', async () => {
    const { url, drop } = await createDatabase();
    const pooler = await startPgBouncer({ program, url, serverConnections: SERVER_CONNECTIONS });
    return createPostgresHarness({
      url: pooler.url,
      adminUrl: url,
      async close() {
        await pooler.stop();
        await drop();
      },
    });
  });

  describe('behind PgBouncer', () => {
    async function openBehind(database: Awaited<ReturnType<typeof openDatabase>>) {
      const pooler = await startPgBouncer({
        program: program ?? '',
        url: database.url,
        serverConnections: SERVER_CONNECTIONS,
      });
      onTestFinished(() => pooler.stop());
      return pooler;
    }

    test('two stores with more connections than the server gives do the same work once', async () => {
      const database = await openDatabase();
      const { url } = await openBehind(database);
      const stores = [database.open({ url, max: 8 }).store, database.open({ url, max: 8 }).store] as const;
      const wanted = numbers(200).map((n) => intent(`o${n % 50}`));
      const results = await Promise.all(wanted.map((one, n) => (stores[n % 2] ?? stores[0]).accept(one)));
      expect(results.filter((result) => result.kind === 'accepted')).toHaveLength(50);
      const records = await Promise.all(
        numbers(50).map((n) => recordOf(stores[1], { accountId: 'acme', orderId: `o${n}` })),
      );
      const writes = await Promise.all(
        records.flatMap((record) => stores.map((store) => store.advance(complete(record)))),
      );
      expect(writes.filter((result) => result.kind === 'done')).toHaveLength(50);
    });

    test('the tables are brought up through it', async () => {
      const database = await openEmptyDatabase();
      const { url } = await openBehind(database);
      await Promise.all(numbers(5).map(() => migrateOver(url)));
      await expect(database.open({ url }).store.check()).resolves.toBeUndefined();
    });

    test('a server connection that is lost under a statement may have been written', async () => {
      const database = await openDatabase();
      const { url } = await openBehind(database);
      const { store } = database.open({ url, max: 1 });
      const held = await accepted(store, 'one');
      const locker = await database.client();
      await locker.query('BEGIN');
      await locker.query('SELECT FROM payonce.payments FOR UPDATE');
      const write = store.advance(complete(held));
      write.catch(() => {});
      await database.query('SELECT pg_terminate_backend($1)', [await database.blocked()]);
      await expect(write).rejects.toMatchObject({ kind: 'outcome_unknown' });
      await locker.query('COMMIT');
      expect((await done(store, release(held, 0))).seq).toBe(2);
    });
  });
}
