import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { query } from '../../../sim/chaos/processes/query.ts';
import { makeDataDir, removeOriginal } from '../../../test/support/data-dir.ts';
import { makeTemporaryFolder, removeDataDir } from '../../../test/support/temporary-folder.ts';
import { type PostgresOwner, startOwner } from '../test/postgres-owner.ts';
import { findEmbeddedPostgres } from './index.ts';
import { acquireInstanceLock } from './lock.ts';
import { findServerProcesses } from './orphans.ts';
import { isRoot, ourselves } from './user.ts';

let dataDir: string;
const owners: PostgresOwner[] = [];

async function owned() {
  const owner = await startOwner(dataDir);
  owners.push(owner);
  return owner;
}

beforeEach(async () => {
  dataDir = await makeDataDir();
});

afterAll(removeOriginal);

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(owners.splice(0).map((owner) => owner.kill()));
  // The server of a killed process ends by itself.
  await expect.poll(() => findServerProcesses(join(dataDir, 'postgres', 'data')).all).toEqual([]);
  removeDataDir(dataDir);
});

test('the server of another process is found, and takes connections', async () => {
  const owner = await owned();
  const found = findEmbeddedPostgres({ dataDir });
  expect(found).toEqual({ url: owner.url, pid: owner.process.pid });
  expect(await query(found?.url ?? '', 'SELECT 42 AS answer')).toEqual([{ answer: 42 }]);
});

test('where nothing was started there is none, and nothing is made', () => {
  expect(findEmbeddedPostgres({ dataDir })).toBeNull();
  const empty = makeTemporaryFolder();
  onTestFinished(() => fs.rmSync(empty, { recursive: true }));
  expect(findEmbeddedPostgres({ dataDir: join(empty, 'none') })).toBeNull();
  expect(findEmbeddedPostgres({ dataDir: empty })).toBeNull();
  expect(fs.readdirSync(empty)).toEqual([]);
});

test('what a killed process left behind counts for nothing', async () => {
  const owner = await owned();
  await owner.kill();
  expect(findEmbeddedPostgres({ dataDir })).toBeNull();
});

test('a server that takes no connections is no server yet', async () => {
  const account = ourselves();
  const lock = await acquireInstanceLock(join(dataDir, 'postgres'), account);
  onTestFinished(lock.release);
  expect(() => findEmbeddedPostgres({ dataDir })).toThrow(
    expect.objectContaining({
      code: 'data_dir_in_use',
      message: expect.stringContaining('Repeat this in a few seconds'),
    }),
  );
});

test('the data of another user is not used', async () => {
  await owned();
  vi.spyOn(process, 'getuid').mockReturnValue(54_321);
  expect(() => findEmbeddedPostgres({ dataDir })).toThrow(/belongs to the user .*this is uid 54321/);
});

describe.runIf(isRoot())('as root', () => {
  test('a copied folder whose link leads to the data of the original has no server', async () => {
    const elsewhere = makeTemporaryFolder();
    onTestFinished(() => fs.rmSync(elsewhere, { recursive: true }));
    const home = join(elsewhere, 'home');
    execFileSync('mv', [join(dataDir, 'postgres'), home]);
    fs.writeFileSync(join(home, 'origin'), `${fs.realpathSync(dataDir)}\n`);
    fs.symlinkSync(home, join(dataDir, 'postgres'));
    const copy = makeTemporaryFolder();
    onTestFinished(() => fs.rmSync(copy, { recursive: true }));
    fs.symlinkSync(home, join(copy, 'postgres'));
    const { url } = await owned();
    expect(findEmbeddedPostgres({ dataDir })?.url).toBe(url);
    expect(findEmbeddedPostgres({ dataDir: copy })).toBeNull();
  });
});
