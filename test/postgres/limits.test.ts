/** Whatever hangs, there are never more backends than the pool has connections. */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { accepted, complete, intent, numbers, order } from '../suites/store/fixtures.ts';
import { until } from '../support/until.ts';
import { type Database, openDatabase, openProxy, openStore } from './world.ts';

/** How long a statement may take here: longer than one that waits for nothing, on any machine. Every round below waits for it. */
const TIMEOUT_MS = 1500;
const POOL = 3;

/** The driver's own socket: a killed process closes it without a word. */
interface Driver {
  readonly connection: { readonly stream: Socket };
}
const ROUNDS = 2;

async function backends(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE application_name = 'limited' AND datname = current_database()`,
  );
  return row?.count ?? 0;
}

async function waiting(database: Database): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return row?.count ?? 0;
}

async function lockPayments(database: Database): Promise<() => Promise<unknown>> {
  const locker = await database.client();
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE payonce.payments IN ACCESS EXCLUSIVE MODE');
  return () => locker.query('COMMIT');
}

describe.each([
  ['a pool of our own', true],
  ['a pool that is the caller’s', false],
])('behind a lock on payments, with %s,', (_whose, ownPool) => {
  test('there are no more backends than connections, and nothing that was given up is written later', async () => {
    const database = await openDatabase();
    const { store } = database.open({
      max: POOL,
      timeoutMs: TIMEOUT_MS,
      ownPool,
      application_name: 'limited',
    });
    const held = await accepted(store, 'held');
    const unlock = await lockPayments(database);
    for (let round = 0; round < ROUNDS; round += 1) {
      const work = [
        ...numbers(POOL).map((n) => store.payments({ accountId: 'acme', limit: n + 1 })),
        store.accept(intent(`given up ${round}`)),
        store.advance(complete(held)),
      ];
      const results = await Promise.allSettled(work);
      // Those of this round may still be ending, but none of the rounds before.
      expect(await backends(database)).toBeLessThanOrEqual(2 * POOL);
      for (const result of results)
        expect(result).toMatchObject({ status: 'rejected', reason: { name: 'StoreError' } });
      await until('what was given up has ended', async () => (await backends(database)) <= POOL);
    }
    await until('nobody waits for the lock', async () => (await waiting(database)) === 0);
    await unlock();
    expect(await store.accept(intent('after'))).toMatchObject({ kind: 'accepted' });
    expect(await database.counts()).toMatchObject({ payments: 2 });
    expect(await store.advance(complete(held))).toMatchObject({ kind: 'done' });
  });
});

test('a statement that takes too long is known not to be written', async () => {
  const { database, store } = await openStore({ max: 1, timeoutMs: 2 * TIMEOUT_MS });
  await accepted(store, 'held');
  const unlock = await lockPayments(database);
  await expect(store.accept(intent('one'))).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('took too long'),
  });
  await unlock();
  expect(await database.counts()).toMatchObject({ payments: 1 });
});

test('the server itself ends the statement of a process that was killed', async () => {
  const { database, store, pool } = await openStore({ max: 1, timeoutMs: TIMEOUT_MS, ownPool: true });
  const lines: Socket[] = [];
  pool.on('connect', (client) => void lines.push((client as unknown as Driver).connection.stream));
  await accepted(store, 'held');
  const unlock = await lockPayments(database);
  const write = store.accept(intent('killed'));
  write.catch(() => {});
  await database.blocked();
  for (const line of lines) line.destroy();
  await expect(write).rejects.toMatchObject({ kind: 'outcome_unknown' });
  await until('its statement has ended', async () => (await waiting(database)) === 0);
  await unlock();
  expect(await database.counts()).toMatchObject({ payments: 1 });
});

describe('the settings of a connection', () => {
  const SHOW = `SELECT name, setting FROM pg_settings
    WHERE name IN ('statement_timeout', 'tcp_keepalives_idle', 'tcp_user_timeout') ORDER BY name`;

  test('are ours where the pool is, and stricter ones stay', async () => {
    const database = await openDatabase();
    const url = new URL(database.url);
    url.searchParams.set('options', '-c tcp_user_timeout=7000');
    const { store, pool } = database.open({ url: url.href, max: 1, timeoutMs: 5000, ownPool: true });
    await store.check();
    expect((await pool.query(SHOW)).rows).toEqual([
      { name: 'statement_timeout', setting: '4500' },
      { name: 'tcp_keepalives_idle', setting: '30' },
      { name: 'tcp_user_timeout', setting: '7000' },
    ]);
  });

  test('are left alone where the pool is the caller’s', async () => {
    const { store, pool } = await openStore({ max: 1, timeoutMs: 5000 });
    const before = (await pool.query(SHOW)).rows;
    await store.check();
    await store.situation({ ...order('none'), keyHash: null });
    expect((await pool.query(SHOW)).rows).toEqual(before);
  });
});

test('a connection that hangs is given up, and its backend ends with it', async () => {
  const database = await openDatabase();
  const { proxy, url } = await openProxy(database);
  const { store } = database.open({ url, max: 1, timeoutMs: TIMEOUT_MS, application_name: 'limited' });
  await accepted(store, 'one');
  proxy.hold('to_client');
  await expect(store.accept(intent('two'))).rejects.toMatchObject({ kind: 'outcome_unknown' });
  proxy.deliver();
  await until('its backend has ended', async () => (await backends(database)) === 0);
});
