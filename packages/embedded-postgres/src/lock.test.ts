import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryFolder } from '../../../test/support/temporary-folder.ts';
import { acquireInstanceLock, findOwner } from './lock.ts';
import { folderIdentity } from './orphans.ts';
import { identify } from './processes.ts';
import { ourselves } from './user.ts';

let home: string;

const acquire = () => acquireInstanceLock(home, ourselves());
const announcements = () => fs.readdirSync(home).filter((name) => name.startsWith('owner-'));

/** Writes the announcement of a process with this identity. */
function announce(announcement: { pid: number; startedAt: string; folder: string | undefined }): void {
  fs.writeFileSync(join(home, `owner-${announcement.pid}-00000000.json`), JSON.stringify(announcement));
}

beforeEach(() => {
  home = makeTemporaryFolder();
});

afterEach(() => fs.rmSync(home, { recursive: true }));

test('of many that start at once, at most one becomes the owner', async () => {
  const results = await Promise.allSettled(Array.from({ length: 20 }, acquire));
  expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
  expect(announcements().length).toBeLessThanOrEqual(1);
});

test('a released lock can be acquired again', async () => {
  (await acquire()).release();
  const lock = await acquire();
  await expect(acquire()).rejects.toMatchObject({ code: 'data_dir_in_use' });
  lock.release();
  expect(announcements()).toEqual([]);
});

test('the announcement of a living process counts', () => {
  announce({ ...identify(process.ppid), folder: folderIdentity(home) });
  expect(findOwner(home)?.pid).toBe(process.ppid);
});

test('a process that was given the pid of a dead owner is not the owner', () => {
  const { pid, startedAt } = identify(process.ppid);
  announce({ pid, startedAt: `${startedAt}0`, folder: folderIdentity(home) });
  expect(findOwner(home)).toBeUndefined();
  expect(announcements()).toEqual([]);
});

test('an announcement in a copied folder does not count for the copy', () => {
  announce({ ...identify(process.ppid), folder: folderIdentity('/') });
  expect(findOwner(home)).toBeUndefined();
});

test('an announcement that a power failure left empty does not count', () => {
  fs.writeFileSync(join(home, 'owner-1-00000000.json'), '');
  expect(findOwner(home)).toBeUndefined();
});
