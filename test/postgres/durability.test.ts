import type { ClientBase } from 'pg';
import { describe, expect, test } from 'vitest';
import { checkDurability } from '../../src/postgres/durability.ts';
import { intent } from '../suites/store/fixtures.ts';
import { type Database, migrateOver, openDatabase, openRole, openStore } from './world.ts';

/** What would break the promise, and the word that must be in the complaint. */
const BROKEN: readonly (readonly [string, string, string])[] = [
  ['synchronous_commit', 'off', 'synchronous_commit is off'],
  ['default_transaction_isolation', "'repeatable read'", 'not READ COMMITTED'],
  ['default_transaction_isolation', 'serializable', 'not READ COMMITTED'],
  ['default_transaction_read_only', 'on', 'read-only'],
  ['extra_float_digits', '0', 'extra_float_digits is below 1'],
  ['extra_float_digits', '-6', 'extra_float_digits is below 1'],
  ['array_nulls', 'off', 'array_nulls is off'],
  ['search_path', 'not_yet_there, pg_catalog', 'before pg_catalog'],
];

describe('a database that would not keep the promise', () => {
  test.each(BROKEN)('is refused with %s = %s, set for the database', async (setting, value, complaint) => {
    const database = await openDatabase();
    const [{ name } = { name: '' }] = await database.query<{ name: string }>(
      'SELECT current_database() AS name',
    );
    await database.query(`ALTER DATABASE ${name} SET ${setting} = ${value}`);
    const { store, pool } = database.open();
    // Read-only passes by itself when a fail-over has ended.
    const kind = complaint === 'read-only' ? 'unavailable' : 'refused';
    const refusal = { name: 'StoreError', kind, message: expect.stringContaining(complaint) };
    await expect(store.installationId()).rejects.toMatchObject(refusal);
    await expect(store.check()).rejects.toMatchObject(refusal);
    // It is not kept for anybody else.
    expect(pool.totalCount).toBe(0);
    await expect(migrateOver(database.url)).rejects.toMatchObject(refusal);
  });

  test.each(BROKEN)(
    'with %s = %s, set for the role, is fixed by the command in the message',
    async (setting, value, complaint) => {
      const database = await openDatabase();
      const { role, url } = await openRole(database);
      await database.query(`ALTER ROLE ${role} SET ${setting} = ${value}`);
      const { store } = database.open({ url });
      const error = await store.installationId().catch((reason: unknown) => reason);
      const { message } = error as Error;
      expect(message).toContain(complaint);
      const fix = /Fix: (?<command>.*)$/.exec(message)?.groups?.command;
      const person = await database.client(url);
      await person.query(fix ?? 'SELECT no_command_was_named');
      await expect(store.installationId()).resolves.toBeTypeOf('string');
    },
  );

  test('is refused with everything that is wrong at once', async () => {
    const database = await openDatabase();
    const url = new URL(database.url);
    url.searchParams.set(
      'options',
      '-c synchronous_commit=off -c default_transaction_isolation=serializable',
    );
    const { store } = database.open({ url: url.href });
    const error = await store.installationId().catch((reason: unknown) => reason);
    expect((error as Error).message.match(/Fix: /g)).toHaveLength(2);
  });

  test.each(['on', 'local', 'remote_write', 'remote_apply'])(
    'is not one with synchronous_commit = %s',
    async (value) => {
      const database = await openDatabase();
      const url = new URL(database.url);
      url.searchParams.set('options', `-c synchronous_commit=${value}`);
      await expect(database.open({ url: url.href }).store.check()).resolves.toBeUndefined();
    },
  );

  test.each([
    ['fsync', { fsync: 'off' }, 'ALTER SYSTEM SET fsync = on'],
    ['full_page_writes', { full_page_writes: 'off' }, 'ALTER SYSTEM SET full_page_writes = on'],
    ['a standby', { recovering: true }, 'the primary'],
  ])('is refused for %s, with what to do', async (_what, settings, fix) => {
    const sound = {
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      isolation: 'read committed',
      recovering: false,
      read_only: 'off',
      extra_float_digits: 1,
      array_nulls: 'on',
      client_encoding: 'UTF8',
      server_encoding: 'UTF8',
      path: '"$user", public',
    };
    const answering = (rows: readonly object[]) =>
      ({ query: async () => ({ rows }) }) as unknown as ClientBase;
    await expect(checkDurability(answering([sound]))).resolves.toBeUndefined();
    await expect(checkDurability(answering([{ ...sound, ...settings }]))).rejects.toThrow(fix);
    await expect(checkDurability(answering([]))).rejects.toMatchObject({ kind: 'unavailable' });
  });
});

describe('a search_path', () => {
  const through = (database: Database, path: string) => {
    const url = new URL(database.url);
    url.searchParams.set('options', `-c search_path=${path}`);
    return database.open({ url: url.href });
  };

  test('whose schema has a now() and settings of its own is refused, whatever that says', async () => {
    const database = await openDatabase();
    await database.query('CREATE SCHEMA override');
    await database.query(
      `CREATE FUNCTION override.now() RETURNS timestamptz LANGUAGE sql STABLE
         AS $$ SELECT pg_catalog.now() + interval '1 hour' $$`,
    );
    await database.query(
      `CREATE FUNCTION override.current_setting(text) RETURNS text LANGUAGE sql STABLE
         AS $$ SELECT CASE $1 WHEN 'search_path' THEN 'public' ELSE pg_catalog.current_setting($1) END $$`,
    );
    const { store } = through(database, 'override,pg_catalog');
    await expect(store.accept(intent('one'))).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('before pg_catalog'),
    });
    expect(await database.counts()).toMatchObject({ payments: 0 });
    // Behind pg_catalog it replaces nothing.
    const before = Date.now() + 1_800_000;
    const accepted = await through(database, 'override').store.accept(intent('one'));
    expect(accepted.kind === 'accepted' ? accepted.nowMs : before).toBeLessThan(before);
  });

  test.each(['pg_catalog', 'pg_temp,PG_CATALOG,public', 'public', 'pg_temp', '$user,public'])(
    'is taken as %s',
    async (path) => {
      const { store } = through(await openDatabase(), path);
      await expect(store.check()).resolves.toBeUndefined();
    },
  );
});

describe('check', () => {
  test('sees a known connection that can no longer write', async () => {
    const { store, pool } = await openStore({ max: 1 });
    await expect(store.check()).resolves.toBeUndefined();
    await pool.query('SET default_transaction_read_only = on');
    await expect(store.check()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('read-only'),
    });
    // The connection was thrown away; a new one is sound.
    await expect(store.check()).resolves.toBeUndefined();
  });

  test('sees a database that is gone', async () => {
    const database = await openDatabase();
    const url = new URL(database.url);
    url.port = '1';
    await expect(database.open({ url: url.href }).store.check()).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });
});
