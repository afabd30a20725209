import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { query } from '../../../sim/chaos/processes/query.ts';
import { makeDataDir, removeOriginal } from '../../../test/support/data-dir.ts';
import { makeTemporaryFolder, removeDataDir } from '../../../test/support/temporary-folder.ts';
import { until } from '../../../test/support/until.ts';
import {
  type PostgresOwner,
  processes,
  spawnOwner,
  startOwner,
  watchdogsOf,
} from '../test/postgres-owner.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';
import { findServerProcesses } from './orphans.ts';

let dataDir: string;
let owner: PostgresOwner | undefined;
let server: EmbeddedPostgres | undefined;
let logged: string[];

const dataFolder = () => join(dataDir, 'postgres', 'data');
const alive = () => findServerProcesses(dataFolder()).all;
const gone = () => alive().length === 0 && watchdogsOf(dataFolder()).length === 0;

async function start(): Promise<EmbeddedPostgres> {
  server = await startEmbeddedPostgres({ dataDir, log: (line) => logged.push(line) });
  return server;
}

/** Marks data that was acknowledged, so that each crash is judged by what it must not lose. */
const store = (url: string) => query(url, 'CREATE TABLE public.kept AS SELECT 42 AS answer');

async function expectKept(): Promise<void> {
  const { url } = await start();
  expect(await query(url, 'SELECT answer FROM public.kept')).toEqual([{ answer: 42 }]);
}

/** `killed` lists the pids that die with -9 in the same instant as the owner. */
async function crash(killed: (postmaster: number) => number[]): Promise<void> {
  owner = await startOwner(dataDir);
  await store(owner.url);
  // Frozen first, so that none of them can react to the death of another.
  owner.process.kill('SIGSTOP');
  const pids = killed(owner.pid);
  for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const pid of pids) signalIfThere(pid, signal);
  await owner.kill();
}

/** A helper process of PostgreSQL may have ended by itself since it was listed. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

beforeEach(async () => {
  dataDir = await makeDataDir();
  logged = [];
});

afterAll(removeOriginal);

afterEach(async () => {
  await owner?.kill();
  await server?.stop('immediate');
  owner = undefined;
  server = undefined;
  await until('nothing runs', gone);
  removeDataDir(dataDir);
});

test('a postmaster killed with -9 is back on the same port, with everything that was committed', async () => {
  const { url, pid } = await start();
  await store(url);
  process.kill(pid, 'SIGKILL');
  await until('another one is known', () => server?.pid !== pid);
  const rows = await until('it is back', () =>
    query(url, 'SELECT answer FROM public.kept').catch(() => undefined),
  );
  expect(rows).toEqual([{ answer: 42 }]);
  expect(logged.join()).toContain('ended unexpectedly (SIGKILL)');
});

test('a server that is stopped while it is being brought back stays away', async () => {
  const { pid } = await start();
  process.kill(pid, 'SIGKILL');
  await until('its end was noticed', () => logged.join().includes('starting it again'));
  await server?.stop();
  expect(gone()).toBe(true);
});

test('an owner killed with -9 leaves no server behind, and the next start finds all data', async () => {
  await crash(() => []);
  await until('PostgreSQL has stopped by itself', gone);
  await expectKept();
});

test('a start right after kill -9 of the owner need not wait for the watchdog', async () => {
  await crash(() => []);
  await expectKept();
});

test('a server orphaned by kill -9 of owner and watchdog is ended by the next start', async () => {
  await crash(() => watchdogsOf(dataFolder()));
  expect(alive()).not.toEqual([]);
  await expectKept();
  expect(logged.join()).toContain('outlived its owner');
});

test('backends orphaned by kill -9 of owner, watchdog and postmaster do not prevent the next start', async () => {
  await crash((postmaster) => {
    for (const pid of alive()) if (pid !== postmaster) process.kill(pid, 'SIGSTOP'); // they will not leave by themselves
    return [...watchdogsOf(dataFolder()), postmaster];
  });
  expect(alive()).not.toEqual([]);
  await expectKept();
});

test('kill -9 of everything is survived', async () => {
  await crash(() => [...watchdogsOf(dataFolder()), ...alive()]);
  await expectKept();
});

test('a watchdog killed with -9 is replaced', async () => {
  owner = await startOwner(dataDir);
  const [first = 0] = watchdogsOf(dataFolder());
  process.kill(first, 'SIGKILL');
  await until('there is another one', () => watchdogsOf(dataFolder()).some((pid) => pid !== first));
  await owner.kill();
  await until('PostgreSQL has stopped by itself', gone);
});

test('an owner killed with -9 in the middle of initdb leaves nothing that prevents the next start', async () => {
  removeDataDir(dataDir);
  dataDir = makeTemporaryFolder();
  const initdb = () => processes().find(({ command }) => command.includes(`initdb --pgdata=${dataDir}`));
  const child = spawnOwner(dataDir);
  await until('initdb is at work', initdb);
  child.kill('SIGKILL');
  await start();
  await until('initdb has ended too', () => initdb() === undefined);
  await server?.stop('immediate');
  await start(); // and removes what initdb had still written
  expect(readdirSync(join(dataDir, 'postgres')).filter((name) => name.startsWith('data'))).toEqual(['data']);
});
