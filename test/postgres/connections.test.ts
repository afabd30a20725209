import { describe, expect, test } from 'vitest';
import { accepted, complete, intent, order, recordOf, release } from '../suites/store/fixtures.ts';
import { until } from '../support/until.ts';
import { type Database, openDatabase, openProxy, openStore } from './world.ts';

/** Ends what would hang, and what waits for nothing has ended by then on any machine. Every such test waits for it. */
const SHORT_MS = 1500;

const UNKNOWN = { name: 'StoreError', kind: 'outcome_unknown' };
const UNAVAILABLE = { name: 'StoreError', kind: 'unavailable' };

/** A transaction that holds the order's row until the test ends it. */
async function lockOrder(database: Database, orderId: string): Promise<() => Promise<unknown>> {
  const locker = await database.client();
  await locker.query('BEGIN');
  await locker.query('SELECT FROM payonce.payments WHERE order_id = $1 FOR UPDATE', [orderId]);
  return () => locker.query('COMMIT');
}

describe('a statement under way', () => {
  test('whose backend is terminated may have been written', async () => {
    const { database, store } = await openStore({ max: 1 });
    const held = await accepted(store, 'one');
    const unlock = await lockOrder(database, 'one');
    const write = store.advance(complete(held));
    write.catch(() => {});
    await database.query('SELECT pg_terminate_backend($1)', [await database.blocked()]);
    await expect(write).rejects.toMatchObject(UNKNOWN);
    await unlock();
    // The next use has a connection of its own, and finds that it was not.
    expect(await recordOf(store, held.order)).toEqual(held);
    expect(await store.advance(complete(held))).toMatchObject({ kind: 'done' });
  });

  test('whose connection breaks without an error message may have been written, and the process lives on', async () => {
    const database = await openDatabase();
    const { proxy, url } = await openProxy(database);
    const { store, pool } = database.open({ max: 1, url });
    const held = await accepted(store, 'one');
    const unlock = await lockOrder(database, 'one');
    const write = store.advance(complete(held));
    write.catch(() => {});
    await database.blocked();
    proxy.cut();
    await expect(write).rejects.toMatchObject(UNKNOWN);
    expect(pool.totalCount).toBe(0);
    await unlock();
    expect((await recordOf(store, held.order)).paymentId).toBe(held.paymentId);
  });

  test('that takes too long may have been written, and its connection is thrown away', async () => {
    const database = await openDatabase();
    const { proxy, url } = await openProxy(database);
    const patient = database.open();
    const held = await accepted(patient.store, 'one');
    const { store, pool } = database.open({ max: 1, timeoutMs: SHORT_MS, url });
    await store.check();
    proxy.hold('to_client');
    await expect(store.advance(complete(held))).rejects.toMatchObject(UNKNOWN);
    expect(pool.totalCount).toBe(0);
    // It had been written after all: the server went on without us.
    await until('the write is there', async () => (await recordOf(patient.store, held.order)).seq === 2);
    expect(await patient.store.advance(complete(held))).toMatchObject({
      kind: 'lost',
      record: { seq: 2, claimId: held.claimId, operation: { status: 'COMPLETED' } },
    });
  });

  test('that the server cancels was not written, and costs no connection', async () => {
    const { database, store, pool } = await openStore({ max: 1 });
    const held = await accepted(store, 'one');
    const unlock = await lockOrder(database, 'one');
    const write = store.advance(complete(held));
    write.catch(() => {});
    await database.query('SELECT pg_cancel_backend($1)', [await database.blocked()]);
    await expect(write).rejects.toMatchObject(UNAVAILABLE);
    expect(pool.totalCount).toBe(1);
    await unlock();
    expect(await recordOf(store, held.order)).toEqual(held);
  });

  test('of a batch fails for everybody in it', async () => {
    const { database, store } = await openStore({ max: 1 });
    const held = await Promise.all(['one', 'two', 'three'].map((name) => accepted(store, name)));
    const unlock = await lockOrder(database, 'one');
    const writes = held.map((record) => store.advance(complete(record)));
    const results = Promise.allSettled(writes);
    await database.query('SELECT pg_terminate_backend($1)', [await database.blocked()]);
    for (const result of await results) expect(result).toMatchObject({ reason: UNKNOWN });
    await unlock();
  });
});

describe('no connection', () => {
  test('means that nothing was written, when it is refused', async () => {
    const database = await openDatabase();
    const { proxy, url } = await openProxy(database);
    const { store } = database.open({ url });
    proxy.refuse();
    await expect(store.accept(intent('one'))).rejects.toMatchObject(UNAVAILABLE);
    expect(await database.counts()).toMatchObject({ payments: 0 });
    await proxy.accept();
    expect(await store.accept(intent('one'))).toMatchObject({ kind: 'accepted' });
  });

  test('means that nothing was written, when the server does not answer', async () => {
    const database = await openDatabase();
    const { proxy, url } = await openProxy(database);
    const { store, pool } = database.open({ url, max: 1, timeoutMs: SHORT_MS });
    proxy.hold('to_client');
    await expect(store.accept(intent('one'))).rejects.toMatchObject(UNAVAILABLE);
    // The connection that came too late is used by the next.
    proxy.deliver();
    await until('the late connection is there', () => pool.idleCount === 1);
    expect(await store.accept(intent('one'))).toMatchObject({ kind: 'accepted' });
  });

  test('means that nothing was written, when none becomes free', async () => {
    const { database, store, pool } = await openStore({ max: 1, timeoutMs: SHORT_MS });
    const taken = await pool.connect();
    await expect(store.accept(intent('one'))).rejects.toMatchObject(UNAVAILABLE);
    await expect(store.situation({ accountId: 'a', orderId: 'o', keyHash: null })).rejects.toMatchObject(
      UNAVAILABLE,
    );
    expect(await database.counts()).toMatchObject({ payments: 0 });
    taken.release();
    // Whoever gave up waiting keeps no connection.
    await until('nobody waits', () => pool.waitingCount === 0 && pool.idleCount === 1);
    expect(await store.accept(intent('one'))).toMatchObject({ kind: 'accepted' });
  });

  test('means that nothing was written, when the pool has ended', async () => {
    const { store, pool } = await openStore();
    const end = pool.end.bind(pool);
    await end();
    pool.end = async () => {};
    await expect(store.accept(intent('one'))).rejects.toMatchObject(UNAVAILABLE);
  });

  test('is replaced where an idle one broke', async () => {
    const { database, store, pool } = await openStore({ max: 1 });
    await accepted(store, 'one');
    const others = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;
    await database.query(others);
    await until('the pool knows', () => pool.totalCount === 0);
    expect(await recordOf(store, order('one'))).toMatchObject({ seq: 1 });
  });
});

describe('a slow network', () => {
  test('delays and changes nothing', async () => {
    const database = await openDatabase();
    const { proxy, url } = await openProxy(database);
    const { store } = database.open({ url, max: 2 });
    proxy.delay(5);
    const held = await accepted(store, intent('one'));
    expect(await store.advance(release(held, 0))).toMatchObject({ kind: 'done' });
  });
});
