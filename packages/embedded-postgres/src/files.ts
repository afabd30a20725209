/**
 * Files beside the cluster. If root starts Payonce on a folder of another account, root must not follow links there, and must not leave
 * files that the owner cannot use.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { dirname } from 'node:path';
import { type Account, isRoot } from './user.ts';

export interface Ownership {
  /** Permissions, whatever the umask is. */
  readonly mode: number;
  /** The account that gets the file if we are root. Without root, every file is ours. */
  readonly keeper: Account;
}

/** Replaces the whole file: readers see the old content or the new, also after a power failure. */
export function writeDurably(path: string, content: string, ownership: Ownership): void {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  const file = fs.openSync(temporary, 'wx', ownership.mode);
  try {
    settle(file, ownership);
    fs.writeSync(file, content);
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
  fs.renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Opens a file for appending, and creates it if it is missing. A link in its place is refused. */
export function openForAppend(path: string, ownership: Ownership): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = fs.constants;
  const file = fs.openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, ownership.mode);
  settle(file, ownership);
  return file;
}

/** Creates a folder and the missing folders above it. (Node's `recursive` never returns in some places, such as /proc.) */
export function makeFolders(path: string): void {
  if (isFolder(path)) return;
  try {
    fs.mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && isFolder(path)) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || isFolder(parent) || parent === path) throw error;
    makeFolders(parent);
    makeFolders(path);
  }
}

function isFolder(path: string): boolean {
  return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Creates a folder, or leaves an existing one as it is. */
export function ensureFolder(path: string, { mode, keeper }: Ownership): void {
  try {
    fs.mkdirSync(path, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  fs.chmodSync(path, mode);
  if (isRoot()) fs.chownSync(path, keeper.uid, keeper.gid);
}

/** Makes new and changed names in the folder survive a power failure. */
export function syncFolder(path: string): void {
  const folder = fs.openSync(path, 'r');
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

function settle(file: number, { mode, keeper }: Ownership): void {
  fs.fchmodSync(file, mode);
  if (isRoot()) fs.fchownSync(file, keeper.uid, keeper.gid);
}
