/**
 * Files beside the cluster. When root starts Payonce on a folder that belongs to somebody else, root must
 * neither follow links laid out there nor leave files behind that their owner can no longer use.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { dirname } from 'node:path';
import { type Account, isRoot } from './user.ts';

export interface Ownership {
  /** Permissions, whatever the umask is. */
  readonly mode: number;
  /** The account that gets the file if we are root; otherwise everything is ours anyway. */
  readonly keeper: Account;
}

/** Replaces the file as a whole: readers, and a power failure, see the old content or the new and nothing else. */
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

/** Opens a file for appending, made if missing; a link in its place is refused. */
export function openForAppend(path: string, ownership: Ownership): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = fs.constants;
  const file = fs.openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, ownership.mode);
  settle(file, ownership);
  return file;
}

/** Makes a folder and what is missing above it. (Node's own `recursive` never returns where the system denies that a folder is there, as in /proc.) */
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

/** Makes a folder, or leaves an existing one as it is. */
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

/** Makes names given or changed inside the folder survive a power failure. */
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
