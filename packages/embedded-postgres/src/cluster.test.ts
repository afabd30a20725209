import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { query } from '../../../sim/chaos/processes/query.ts';
import { makeDataDir, removeOriginal } from '../../../test/support/data-dir.ts';
import { makeTemporaryFolder, removeDataDir } from '../../../test/support/temporary-folder.ts';
import { openCluster } from './cluster.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './index.ts';
import { ourselves } from './user.ts';

let dataDir: string;
let server: EmbeddedPostgres | undefined;

const home = (...parts: string[]) => join(dataDir, 'postgres', ...parts);

async function start(): Promise<EmbeddedPostgres> {
  server = await startEmbeddedPostgres({ dataDir });
  return server;
}

beforeEach(async () => {
  dataDir = await makeDataDir();
});

afterAll(removeOriginal);

afterEach(async () => {
  await server?.stop('immediate');
  server = undefined;
  removeDataDir(dataDir);
});

test('an unfinished initdb is thrown away and done again', async () => {
  removeDataDir(dataDir);
  dataDir = makeTemporaryFolder();
  fs.mkdirSync(home('data.new-0badcafe', 'base', '.hidden'), { recursive: true });
  fs.writeFileSync(home('data.new-0badcafe', 'PG_VERSION'), '18\n');
  if (process.getuid?.() === 0) execFileSync('chown', ['-R', 'nobody', home('data.new-0badcafe')]);
  await query((await start()).url);
  expect(fs.readdirSync(home()).filter((name) => name.startsWith('data'))).toEqual(['data']);
});

test('a lost password file costs the password, not the data', async () => {
  fs.rmSync(home('password'));
  await query((await start()).url);
});

test('a cluster of another PostgreSQL is refused and left as it is', async () => {
  fs.writeFileSync(home('data', 'PG_VERSION'), '17\n');
  await expect(start()).rejects.toMatchObject({
    code: 'data_dir_unusable',
    message: expect.stringMatching(/was made by PostgreSQL 17.*Nothing was changed/s),
  });
  expect(fs.existsSync(home('data', 'global', 'pg_control'))).toBe(true);
});

test('a data folder without a cluster in it is refused, not overwritten', async () => {
  fs.rmSync(home('data', 'PG_VERSION'));
  await expect(start()).rejects.toMatchObject({
    message: expect.stringContaining('is not a PostgreSQL cluster'),
  });
});

test('a data folder that cannot be created is refused, with what to do', async () => {
  const file = join(dataDir, 'file');
  fs.writeFileSync(file, '');
  await expect(startEmbeddedPostgres({ dataDir: join(file, 'data') })).rejects.toMatchObject({
    code: 'data_dir_unusable',
    message: expect.stringMatching(/ENOTDIR.*DATA_DIR.*DATABASE_URL/s),
  });
});

test('for a user without a name, the message says what to do: PostgreSQL itself names only the number', async () => {
  const folder = makeTemporaryFolder();
  onTestFinished(() => fs.rmSync(folder, { recursive: true }));
  const initdb = join(folder, 'initdb');
  const words = 'initdb: error: could not look up effective user ID 54321: user does not exist';
  fs.writeFileSync(initdb, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
  const place = { home: folder, user: ourselves(), keeper: ourselves() };
  const binaries = { initdb, postgres: initdb, majorVersion: '18' };
  await expect(openCluster(place, binaries, () => {})).rejects.toMatchObject({
    code: 'init_failed',
    message: expect.stringMatching(/user number 54321.*\/etc\/passwd.*DATABASE_URL/s),
  });
});
