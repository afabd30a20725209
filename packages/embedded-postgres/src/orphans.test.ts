import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { makeDataDir, removeOriginal } from '../../../test/support/data-dir.ts';
import { removeDataDir } from '../../../test/support/temporary-folder.ts';
import { startEmbeddedPostgres } from './index.ts';
import { findServerProcesses, stopOrphans } from './orphans.ts';
import { isPidTaken } from './processes.ts';

let dataDir: string;
let stranger: ChildProcess | undefined;

const dataFolder = () => join(dataDir, 'postgres', 'data');

/** A process of the server's own account. PostgreSQL takes a pid that it may signal for a running postmaster. */
function startStranger(): ChildProcess {
  const { uid, gid } = fs.statSync(dataFolder());
  const account = process.getuid?.() === 0 ? { uid, gid } : {};
  stranger = spawn('sleep', ['600'], { ...account, cwd: dataFolder(), stdio: 'ignore' });
  return stranger;
}

beforeEach(async () => {
  dataDir = await makeDataDir();
});

afterAll(removeOriginal);

afterEach(() => {
  stranger?.kill('SIGKILL');
  removeDataDir(dataDir);
});

test('a stale postmaster.pid whose pid another process has does not prevent the start', async () => {
  const { pid = 0 } = startStranger();
  const lines = [pid, dataFolder(), 1_700_000_000, 5432, '', '127.0.0.1', '  12345 0', 'ready   '];
  fs.writeFileSync(join(dataFolder(), 'postmaster.pid'), `${lines.join('\n')}\n`);
  const server = await startEmbeddedPostgres({ dataDir });
  await server.stop();
  expect(isPidTaken(pid)).toBe(true);
});

test('a stale postmaster.pid of a process that is gone does not prevent the start', async () => {
  const sleeper = startStranger();
  const gone = new Promise((resolve) => sleeper.once('exit', resolve));
  sleeper.kill('SIGKILL');
  await gone;
  fs.writeFileSync(join(dataFolder(), 'postmaster.pid'), `${sleeper.pid}\n${dataFolder()}\n`);
  await (await startEmbeddedPostgres({ dataDir })).stop();
});

test('only PostgreSQL on exactly this folder is taken for an orphan', async () => {
  startStranger(); // works in the folder, but is no PostgreSQL
  const copy = await makeDataDir();
  const server = await startEmbeddedPostgres({ dataDir: copy });
  // As if the folder had been copied together with the traces of its running server.
  fs.copyFileSync(join(copy, 'postgres', 'data', 'postmaster.pid'), join(dataFolder(), 'postmaster.pid'));
  expect(findServerProcesses(dataFolder()).all).toEqual([]);
  expect(await stopOrphans(dataFolder(), () => {})).toBe(0);
  await (await startEmbeddedPostgres({ dataDir })).stop();
  expect(findServerProcesses(join(copy, 'postgres', 'data')).postmaster).toBe(server.pid);
  await server.stop();
  removeDataDir(copy);
});
