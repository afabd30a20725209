import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeTemporaryFolder } from '../../../test/support/temporary-folder.ts';
import { acquireInstanceLock } from './lock.ts';
import { dataFolderOf, placeCluster } from './place.ts';
import { isRoot, ourselves, unprivilegedUser } from './user.ts';

let folder: string;
let logged: string[];

const sharedFolder = () => join(folder, 'shared');

function place(dataDir: string) {
  return placeCluster({ dataDir, log: (line) => logged.push(line), sharedFolder: sharedFolder() });
}

/** A folder that PostgreSQL's account cannot pass, as a home folder often is. */
function closedFolder(name: string): string {
  const path = join(folder, name);
  fs.mkdirSync(path, { mode: 0o700 });
  return path;
}

/** Takes the place of a cluster: a data folder of the server's account with a file in it. */
function fill(home: string): void {
  const { uid, gid } = unprivilegedUser();
  fs.mkdirSync(dataFolderOf(home), { mode: 0o700 });
  fs.chownSync(dataFolderOf(home), uid, gid);
  fs.writeFileSync(join(dataFolderOf(home), 'PG_VERSION'), '18\n');
}

beforeEach(() => {
  folder = makeTemporaryFolder();
  logged = [];
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

test('the cluster is in the data folder, which is created if it is missing', async () => {
  const dataDir = join(folder, 'deep', 'down');
  const { home, user } = await place(dataDir);
  expect(home).toBe(join(dataDir, 'postgres'));
  expect(user.uid).not.toBe(0);
  expect((await place(dataDir)).home).toBe(home);
});

describe.runIf(isRoot())('as root', () => {
  test('a cluster that PostgreSQL’s account could not reach is elsewhere, and a link leads there', async () => {
    const dataDir = join(closedFolder('clone'), '.payonce');
    const { home } = await place(dataDir);
    expect(home).toMatch(/\/shared\/payonce-[0-9a-f]{12}$/);
    expect(fs.realpathSync(join(dataDir, 'postgres'))).toBe(home);
    expect((await place(dataDir)).home).toBe(home);
    expect(fs.statSync(home).uid).toBe(0);
  });

  test('a data folder that was deleted and created again starts empty, and the old cluster is kept', async () => {
    const dataDir = join(closedFolder('clone'), '.payonce');
    const first = await place(dataDir);
    fill(first.home);
    fs.rmSync(dataDir, { recursive: true });
    const second = await place(dataDir);
    expect(second.home).toBe(`${first.home}-2`);
    expect(fs.existsSync(dataFolderOf(first.home))).toBe(true);
  });

  test('a clone that is moved keeps its cluster', async () => {
    const clone = closedFolder('clone');
    const { home } = await place(join(clone, '.payonce'));
    fill(home);
    fs.renameSync(clone, join(folder, 'moved'));
    expect((await place(join(folder, 'moved', '.payonce'))).home).toBe(home);
    expect((await place(join(closedFolder('clone'), '.payonce'))).home).not.toBe(home);
  });

  test('a clone that is copied gets a cluster of its own, with the data', async () => {
    const clone = closedFolder('clone');
    const { home } = await place(join(clone, '.payonce'));
    fill(home);
    execFileSync('cp', ['-R', clone, join(folder, 'copy')]);
    const copied = await place(join(folder, 'copy', '.payonce'));
    expect(copied.home).not.toBe(home);
    expect(fs.existsSync(join(dataFolderOf(copied.home), 'PG_VERSION'))).toBe(true);
    expect(fs.statSync(dataFolderOf(copied.home)).uid).toBe(unprivilegedUser().uid);
    expect((await place(join(clone, '.payonce'))).home).toBe(home);
    expect((await place(join(folder, 'copy', '.payonce'))).home).toBe(copied.home);
  });

  test('a copied clone does not take data from under a running server', async () => {
    const clone = closedFolder('clone');
    const { home } = await place(join(clone, '.payonce'));
    const lock = await acquireInstanceLock(home, ourselves());
    execFileSync('cp', ['-R', clone, join(folder, 'copy')]);
    await expect(place(join(folder, 'copy', '.payonce'))).rejects.toMatchObject({
      code: 'data_dir_in_use',
      message: expect.stringMatching(/is a copy of .*\/clone\/\.payonce, whose database is in use/),
    });
    lock.release();
  });

  test('a cluster moves out of a clone that has become unreachable', async () => {
    const clone = join(folder, 'clone');
    const { home } = await place(join(clone, '.payonce'));
    fill(home);
    fs.chmodSync(clone, 0o700);
    const moved = await place(join(clone, '.payonce'));
    expect(moved.home.startsWith(sharedFolder())).toBe(true);
    expect(fs.existsSync(join(dataFolderOf(moved.home), 'PG_VERSION'))).toBe(true);
    expect(fs.realpathSync(join(clone, '.payonce', 'postgres'))).toBe(moved.home);
  });

  test('a link whose cluster is gone is refused, not replaced by an empty database', async () => {
    const dataDir = join(closedFolder('clone'), '.payonce');
    const { home } = await place(dataDir);
    fs.rmSync(home, { recursive: true });
    await expect(place(dataDir)).rejects.toMatchObject({
      message: expect.stringContaining('which does not exist'),
    });
  });

  test('a cluster that root copied is given back to PostgreSQL’s account', async () => {
    const { home } = await place(folder);
    fill(home);
    fs.chownSync(dataFolderOf(home), 0, 0);
    await place(folder);
    expect(fs.statSync(dataFolderOf(home)).uid).toBe(unprivilegedUser().uid);
    expect(fs.statSync(join(dataFolderOf(home), 'PG_VERSION')).uid).toBe(unprivilegedUser().uid);
  });

  test('a cluster of an ordinary user keeps its owner when root starts it', async () => {
    const { uid, gid } = unprivilegedUser();
    const dataDir = join(folder, 'his');
    fs.mkdirSync(dataDir);
    fs.chownSync(dataDir, uid, gid);
    const { home, user, keeper } = await place(dataDir);
    expect([user.uid, keeper.uid, fs.statSync(home).uid]).toEqual([uid, uid, uid]);
  });

  test('a shared folder that others can write to is refused', async () => {
    fs.mkdirSync(sharedFolder());
    fs.chmodSync(sharedFolder(), 0o777);
    await expect(place(join(closedFolder('clone'), '.payonce'))).rejects.toMatchObject({
      message: expect.stringContaining('only root can write to'),
    });
  });
});
