import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { query } from '../../../sim/chaos/processes/query.ts';
import { makeDataDir, removeOriginal } from '../../../test/support/data-dir.ts';
import { removeDataDir } from '../../../test/support/temporary-folder.ts';
import { startOwner, watchdogsOf } from '../test/postgres-owner.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';
import { findServerProcesses } from './orphans.ts';

let dataDir: string;
const started: EmbeddedPostgres[] = [];

async function start(settings?: Record<string, string>): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...(settings && { settings }) });
  started.push(server);
  return server;
}

async function ask(url: string, text: string): Promise<unknown> {
  return (await query(url, text))[0];
}

const dataFolder = () => join(dataDir, 'postgres', 'data');

beforeEach(async () => {
  dataDir = await makeDataDir();
});

afterAll(removeOriginal);

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop('immediate')));
  removeDataDir(dataDir);
});

test('stored data is there after a restart, on another port', async () => {
  const first = await start();
  await ask(first.url, 'CREATE TABLE public.kept AS SELECT 42 AS answer');
  await first.stop();
  const second = await start();
  expect(await ask(second.url, 'SELECT answer FROM public.kept')).toEqual({ answer: 42 });
});

test('the database is UTF-8, in the C.UTF-8 of PostgreSQL itself, in UTC', async () => {
  const { url } = await start();
  const text = `SELECT pg_encoding_to_char(encoding) AS encoding, datlocprovider::text AS provider, datlocale AS locale,
    current_setting('TimeZone') AS zone, datname AS name FROM pg_database WHERE datname = current_database()`;
  expect(await ask(url, text)).toEqual({
    encoding: 'UTF8',
    provider: 'b',
    locale: 'C.UTF-8',
    zone: 'UTC',
    name: 'payonce',
  });
});

test('settings can be chosen, but not those that keep payments safe', async () => {
  const { url } = await start({ work_mem: '7MB' });
  expect(await ask(url, 'SHOW work_mem')).toEqual({ work_mem: '7MB' });
  expect(await ask(url, 'SHOW fsync')).toEqual({ fsync: 'on' });
  await expect(startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } })).rejects.toMatchObject({
    code: 'invalid_setting',
    message: expect.stringContaining('must survive a crash'),
  });
});

test('the log of the server does not quote the row that a statement failed with', async () => {
  const { url } = await start();
  await ask(url, 'CREATE TABLE public.orders (id text PRIMARY KEY)');
  const client = new pg.Client(url);
  await client.connect();
  const insert = () => client.query('INSERT INTO public.orders VALUES ($1)', ['hush-order']);
  await insert();
  await expect(insert()).rejects.toMatchObject({ code: '23505' });
  await client.end();
  const log = readFileSync(join(dataDir, 'postgres', 'postgres.log'), 'utf8');
  expect(log).toContain('duplicate key value violates unique constraint');
  expect(log).not.toContain('hush');
});

test('nobody gets in without the password, and the password is in no readable file', async () => {
  const { url } = await start();
  const guess = new URL(url);
  guess.password = 'guess';
  await expect(ask(guess.href, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  expect(statSync(join(dataDir, 'postgres', 'password')).mode & 0o777).toBe(0o600);
  expect(statSync(dataFolder()).mode & 0o077).toBe(0);
  expect(await ask(url, 'SHOW unix_socket_directories')).toEqual({ unix_socket_directories: '' });
});

test('a failed start shows the reason from the log of PostgreSQL, and leaves the folder free', async () => {
  await expect(start({ shared_buffers: 'plenty' })).rejects.toMatchObject({
    code: 'start_failed',
    message: expect.stringMatching(/invalid value for parameter "shared_buffers": "plenty"/),
  });
  await expect(start()).resolves.toBeDefined();
});

test('a second owner is refused as long as the first one lives, with what to do', async () => {
  const server = await start();
  const refusal = { code: 'data_dir_in_use', message: expect.stringContaining('DATA_DIR') };
  await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject(refusal);
  const other = await startOwner(dataDir);
  expect(other.refused).toMatch(new RegExp(`not started on .*process ${process.pid} uses it`));
  expect(await ask(server.url, 'SELECT 1 AS one')).toEqual({ one: 1 });
});

test('stop ends every process and frees the folder, however often it is called', async () => {
  const server = await start();
  const client = new pg.Client(server.url);
  client.on('error', () => {});
  await client.connect();
  await Promise.all([server.stop(), server.stop('immediate')]);
  await server.stop();
  expect(findServerProcesses(dataFolder()).all).toEqual([]);
  expect(watchdogsOf(dataFolder())).toEqual([]);
  expect(readdirSync(join(dataDir, 'postgres')).filter((name) => name.startsWith('owner-'))).toEqual([]);
});

test('the server gets the environment that it was given, and nothing of ours', async () => {
  process.env.PAYONCE_TEST_SECRET = 'ours';
  try {
    const server = await startEmbeddedPostgres({ dataDir, environment: { PAYONCE_TEST_GIVEN: 'given' } });
    started.push(server);
    await ask(server.url, 'CREATE TABLE public.environment (line text)');
    await ask(server.url, "COPY public.environment FROM PROGRAM 'env | grep PAYONCE_TEST'");
    expect(await ask(server.url, 'SELECT array_agg(line) AS lines FROM public.environment')).toEqual({
      lines: ['PAYONCE_TEST_GIVEN=given'],
    });
  } finally {
    delete process.env.PAYONCE_TEST_SECRET;
  }
});
