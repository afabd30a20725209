/** A fail-over whose old primary stays up, read-only: old connections lead there, new ones to the new primary. */
import type pg from 'pg';
import { expect, test } from 'vitest';
import { accepted, complete, intent, numbers, order } from '../suites/store/fixtures.ts';
import { type Database, openDatabase } from './world.ts';

/** A store whose connections are all open, and how to make those (not the later ones) read-only behind its back. */
async function openBefore(database: Database, max: number) {
  const { store, pool } = database.open({ max });
  const clients: pg.PoolClient[] = [];
  pool.on('connect', (client) => void clients.push(client));
  const held = await Promise.all(numbers(max).map((n) => accepted(store, `before ${n}`)));
  // All at once, so that each has a connection.
  await Promise.all(numbers(max).map((n) => store.payments({ accountId: 'acme', limit: n + 1 })));
  expect(clients).toHaveLength(max);
  return {
    store,
    pool,
    held,
    clients,
    async failOver() {
      for (const client of [...clients]) await client.query('SET default_transaction_read_only = on');
    },
  };
}

test('a write moves to the new primary at once, and so does every one after it', async () => {
  const database = await openDatabase();
  const { store, held, failOver } = await openBefore(database, 3);
  await failOver();
  const writes = numbers(30).map((n) => store.accept(intent(`after ${n}`)));
  expect(new Set((await Promise.all(writes)).map(({ kind }) => kind))).toEqual(new Set(['accepted']));
  for (const record of held) expect(await store.advance(complete(record))).toMatchObject({ kind: 'done' });
  expect(await database.counts()).toMatchObject({ payments: 33 });
});

test('the first write that finds it out is enough: nothing is read any more from the old server', async () => {
  const database = await openDatabase();
  const { store, clients, failOver, held } = await openBefore(database, 3);
  const old = [...clients];
  await failOver();
  // All but one are in use while it is found out.
  const locker = await database.client();
  await locker.query('BEGIN');
  await locker.query('LOCK TABLE payonce.evidence IN ACCESS EXCLUSIVE MODE');
  const page = { afterN: 0, limit: 10 };
  const { order: first, paymentId } = held[0] ?? (await accepted(store, 'another'));
  const { accountId: account, orderId: id } = first;
  const busy = numbers(2).map(() =>
    store.chargesToVerify({ accountId: account, orderId: id, paymentId }, page),
  );
  await database.blocked(2);
  expect(await store.accept(intent('after'))).toMatchObject({ kind: 'accepted' });
  await locker.query('COMMIT');
  await Promise.all(busy);
  const texts: string[] = [];
  for (const client of old) {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    client.query = ((config: pg.QueryConfig | string, ...rest: unknown[]) => {
      texts.push(typeof config === 'string' ? config : config.text);
      return query(config, ...rest);
    }) as typeof client.query;
  }
  const { accountId, orderId } = order('after');
  const reads = numbers(20).map(() => store.situation({ accountId, orderId, keyHash: null }));
  for (const { payment } of await Promise.all(reads)) expect(payment).toMatchObject({ order: { orderId } });
  // They were only asked what they are.
  expect(texts.filter((text) => !text.includes('current_setting'))).toEqual([]);
});

test('while there is no new primary, nothing is written and nothing is tried for ever', async () => {
  const database = await openDatabase();
  const { store, failOver, clients } = await openBefore(database, 3);
  await failOver();
  const [{ name } = { name: '' }] = await database.query<{ name: string }>(
    'SELECT current_database() AS name',
  );
  await database.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  const refusal = { kind: 'unavailable', message: expect.stringContaining('read-only') };
  await expect(store.accept(intent('never'))).rejects.toMatchObject(refusal);
  // One of the old ones found it out, the others were closed, and one new one said the same.
  expect(clients.length).toBeLessThanOrEqual(4);
  const admin = await database.client();
  await admin.query('SET default_transaction_read_only = off');
  await admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
  expect(await store.accept(intent('after'))).toMatchObject({ kind: 'accepted' });
});
