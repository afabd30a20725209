import pg from 'pg';
import { expect, test } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import { createDatabase } from './database.ts';

test('each test database has the tables and is nobody else’s', async () => {
  const [one, other] = await Promise.all([createDatabase(), createDatabase()]);
  await query(one.url, 'CREATE TABLE public.mine ()');
  const tables = `SELECT to_regclass('public.mine') AS mine, to_regclass('payonce.migrations') AS migrated`;
  expect(await query(one.url, tables)).toEqual([{ mine: 'mine', migrated: 'payonce.migrations' }]);
  expect(await query(other.url, tables)).toEqual([{ mine: null, migrated: 'payonce.migrations' }]);
  await Promise.all([one.drop(), other.drop()]);
});

test('the server of the tests is as durable as a real one', async () => {
  const database = await createDatabase();
  const setting = (name: string) => `current_setting('${name}') AS ${name}`;
  const text = `SELECT ${['fsync', 'full_page_writes', 'synchronous_commit'].map(setting).join()}`;
  expect(await query(database.url, text)).toEqual([
    { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' },
  ]);
  await database.drop();
});

test('a database is dropped although somebody is still connected', async () => {
  const database = await createDatabase();
  const client = new pg.Client(database.url);
  client.on('error', () => {}); // the error when it is disconnected
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  await client.connect();
  await database.drop();
  await ended;
  await expect(query(database.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
});
