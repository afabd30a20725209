/** A pool that other code uses, too, and not always as it should. */
import { Socket } from 'node:net';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createPostgresStore } from '../../src/postgres/index.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { accepted, complete, intent } from '../suites/store/fixtures.ts';
import { openDatabase, openStore } from './world.ts';

const REFUSED = { name: 'StoreError', kind: 'refused' };
const UNAVAILABLE = { name: 'StoreError', kind: 'unavailable' };

/** Takes this many connections at once, does something on each, and gives them back as they are. */
async function leave(pool: pg.Pool, count: number, deed: (client: pg.PoolClient) => unknown): Promise<void> {
  const clients = await Promise.all(Array.from({ length: count }, () => pool.connect()));
  for (const client of clients) {
    client.on('error', () => {});
    await deed(client);
  }
  for (const client of clients) client.release();
}

const begin = (client: pg.PoolClient) => client.query('BEGIN');

const LEFT: readonly (readonly [string, number, (client: pg.PoolClient) => unknown])[] = [
  ['inside a transaction', 1, begin],
  ['inside a transaction, as all of its neighbours are', 5, begin],
  [
    'inside a transaction that has failed',
    1,
    async (client) => {
      await client.query('BEGIN');
      await client.query('SELECT 1/0').catch(() => {});
    },
  ],
  ['with a BEGIN that nobody waited for', 1, (client) => void client.query('BEGIN').catch(() => {})],
  [
    'with a slow statement that nobody waited for',
    1,
    (client) => void client.query('SELECT pg_sleep(600)').catch(() => {}),
  ],
];

test.each(LEFT)('a connection left %s is not written on', async (_how, count, deed) => {
  const { database, pool } = await openStore({ max: 5 });
  const warnings: string[] = [];
  const log = { info() {}, warn: (_: unknown, text: string) => void warnings.push(text), error() {} };
  const store = createPostgresStore({ pool, answerRetentionMs: 60_000, log });
  await leave(pool, count, deed);
  expect(await store.accept(intent('one'))).toMatchObject({ kind: 'accepted' });
  // Counted from outside: it was committed.
  expect(await database.counts()).toMatchObject({ payments: 1, operations: 1, events: 1 });
  expect(warnings).toEqual(
    Array.from({ length: count }, () => expect.stringContaining('inside a transaction or busy')),
  );
});

test('a statement of the pool’s connect handler is waited for, and used', async () => {
  const { pool, store } = await openStore({ max: 2 });
  let connections = 0;
  pool.on('connect', (client) => {
    connections += 1;
    void client.query("SET application_name = 'theirs'");
    void client.query('SELECT pg_sleep(0.1)');
  });
  await migrate(pool);
  expect(await store.accept(intent('one'))).toMatchObject({ kind: 'accepted' });
  expect([connections, pool.totalCount]).toEqual([1, 1]);
  expect((await pool.query('SHOW application_name')).rows).toEqual([{ application_name: 'theirs' }]);
});

test('a BEGIN of the pool’s connect handler is waited for, and the connection is not used', async () => {
  const { database, pool, store } = await openStore({ max: 2 });
  pool.once('connect', (client) => void client.query('BEGIN'));
  expect(await store.accept(intent('one'))).toMatchObject({ kind: 'accepted' });
  expect(await database.counts()).toMatchObject({ payments: 1 });
});

test('a known connection that is left inside a transaction is not written on, either', async () => {
  const { database, store, pool } = await openStore({ max: 1 });
  const held = await accepted(store, 'one');
  await leave(pool, 1, begin);
  expect(await store.advance(complete(held))).toMatchObject({ kind: 'done' });
  const [row] = await database.query<{ status: string }>('SELECT status FROM payonce.payments');
  expect(row?.status).toBe('COMPLETED');
});

test('the migrations do not become part of somebody’s transaction', async () => {
  const database = await openDatabase();
  await database.query('DROP SCHEMA payonce CASCADE');
  const { pool } = database.open({ max: 1 });
  await leave(pool, 1, async (client) => {
    await client.query('BEGIN');
    await client.query('CREATE TABLE not_yours (id int)');
  });
  await migrate(pool);
  const [row] = await database.query<{ theirs: string | null; ours: string | null }>(
    `SELECT to_regclass('not_yours')::text AS theirs, to_regclass('payonce.payments')::text AS ours`,
  );
  expect(row).toEqual({ theirs: null, ours: 'payonce.payments' });
});

test('a pool whose connections are all inside transactions is refused, with what to look for', async () => {
  const database = await openDatabase();
  const onConnect = (client: pg.ClientBase) => client.query('BEGIN');
  const { store } = database.open({ max: 2, onConnect } as pg.PoolConfig);
  await expect(store.accept(intent('one'))).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining('BEGIN without COMMIT'),
  });
  expect(await database.counts()).toMatchObject({ payments: 0 });
});

test('a statement that somebody’s transaction swallowed may or may not have been written', async () => {
  const { database, store, pool } = await openStore({ max: 1 });
  let client: pg.PoolClient | undefined;
  pool.on('acquire', (acquired) => {
    client = acquired;
  });
  await store.check();
  if (client === undefined) throw new Error('The pool gave out no connection.');
  // Whoever kept the connection begins at the very moment in which we send.
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  let begun = false;
  client.query = ((...args: unknown[]) => {
    if (!begun) query('BEGIN');
    begun = true;
    return query(...args);
  }) as typeof client.query;
  await expect(store.accept(intent('one'))).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'outcome_unknown',
    message: expect.stringContaining('a pool of its own'),
  });
  expect(await database.counts()).toMatchObject({ payments: 0 });
  expect(await store.accept(intent('one'))).toMatchObject({ kind: 'accepted' });
  expect(await database.counts()).toMatchObject({ payments: 1 });
});

test('a setting that other code changed on a known connection is seen before the next statement', async () => {
  const { database, store, pool } = await openStore({ max: 1 });
  await accepted(store, 'one');
  await pool.query('SET synchronous_commit = off');
  await expect(store.accept(intent('two'))).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('synchronous_commit is off'),
  });
  expect(await database.counts()).toMatchObject({ payments: 1 });
  // The connection was thrown away; a new one is sound.
  expect(await store.accept(intent('two'))).toMatchObject({ kind: 'accepted' });
});

test('connections that nobody else has used are checked once', async () => {
  const { store, pool } = await openStore({ max: 1 });
  await accepted(store, 'one');
  const texts: string[] = [];
  const client = await pool.connect();
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  client.query = ((config: pg.QueryConfig | string, ...rest: unknown[]) => {
    texts.push(typeof config === 'string' ? config : config.text);
    return query(config, ...rest);
  }) as typeof client.query;
  client.release();
  for (const name of ['two', 'three', 'four']) await accepted(store, name);
  expect(texts.filter((text) => text.includes('current_setting'))).toHaveLength(1);
});

test('binary results are refused, not misread', async () => {
  const { store } = await openStore({ max: 1, binary: true } as pg.PoolConfig);
  await expect(store.check()).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining('binary'),
  });
});

test('a driver that does not say whether a connection is idle is refused', async () => {
  class Silent extends pg.Client {
    override getTransactionStatus = undefined as never;
  }
  const { database, store } = await openStore({ max: 1, Client: Silent } as pg.PoolConfig);
  await expect(store.accept(intent('one'))).rejects.toMatchObject({
    ...UNAVAILABLE,
    message: expect.stringContaining('8.23'),
  });
  expect(await database.counts()).toMatchObject({ payments: 0 });
});

test('a connection in pipeline mode is a connection like any other', async () => {
  const { store, pool } = await openStore({ max: 1, pipeline: true } as pg.PoolConfig);
  const held = await accepted(store, 'one');
  expect(await store.advance(complete(held))).toMatchObject({ kind: 'done' });
  expect(pool.totalCount).toBe(1);
});

/** A connection on which the end of every answer arrives a moment after the rest of it. */
class LateEnds extends Socket {
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const [chunk] = args;
    const end = event === 'data' && Buffer.isBuffer(chunk) ? chunk.subarray(-READY_BYTES) : null;
    if (end === null || end.length < READY_BYTES || end[0] !== READY_FOR_QUERY)
      return super.emit(event as string, ...args);
    super.emit('data', (chunk as Buffer).subarray(0, -READY_BYTES));
    setImmediate(() => super.emit('data', end));
    return true;
  }
}
/** The first byte and the length of PostgreSQL's ReadyForQuery. */
const READY_FOR_QUERY = 0x5a;
const READY_BYTES = 6;

test('a statement that the server refuses costs no connection', async () => {
  const { store, pool } = await openStore({
    max: 1,
    stream: () => new LateEnds(),
  } as pg.PoolConfig);
  let connected = 0;
  pool.on('connect', () => {
    connected += 1;
  });
  await store.check();
  for (let time = 0; time < 3; time += 1) {
    // No such id: refused while the parameters are read.
    await expect(store.payment('acme', 'no id')).rejects.toMatchObject({ kind: 'unfit' });
  }
  expect(connected).toBe(1);
});
