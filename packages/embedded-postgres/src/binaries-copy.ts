/**
 * A copy of the binaries in a cache folder. Root will run them, so no other account may be able to write there. Several starts may run at
 * once, so a copy gets its name only when it is complete.
 */
import fs from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { makeFolders } from './files.ts';

export interface CopyOptions {
  /** The package's folder of programs, libraries and data. */
  readonly native: string;
  readonly cacheFolder: string;
  /** The name of the copy. Another version gets another name. */
  readonly name: string;
  readonly log: (line: string) => void;
}

/** Returns the folder of the copy, and creates the copy if it is missing. Throws if the cache folder is not safe or not writable. */
export async function copyBinaries({ native, cacheFolder, name, log }: CopyOptions): Promise<string> {
  makeOwnFolder(cacheFolder);
  const target = join(cacheFolder, name);
  if (fs.existsSync(target)) {
    assertOwn(target);
    return target;
  }
  log(`copying the programs of PostgreSQL to ${target}, because they cannot run where npm put them`);
  removeAbandonedCopies(cacheFolder, name);
  const staging = fs.mkdtempSync(`${target}.`);
  try {
    await copyTree(native, staging);
    makeLinks(native, staging);
    fs.renameSync(staging, target);
  } catch (error) {
    fs.rmSync(staging, { recursive: true, force: true });
    // If another start was faster, its copy is used.
    if (!fs.existsSync(target)) throw error;
  }
  assertOwn(target);
  return target;
}

const isExecutable = (mode: number): boolean => (mode & 0o111) !== 0;

/** Copies files and links, and sets their permissions: with a strict umask, the server's account could not read them. */
async function copyTree(from: string, to: string): Promise<void> {
  fs.chmodSync(to, 0o755);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      fs.mkdirSync(target);
      await copyTree(source, target);
    } else if (entry.isSymbolicLink()) {
      fs.symlinkSync(fs.readlinkSync(source), target);
    } else {
      await copyFile(source, target);
    }
  }
}

async function copyFile(source: string, target: string): Promise<void> {
  await fs.promises.copyFile(source, target);
  const file = await fs.promises.open(target, 'r+');
  try {
    const { mode } = await file.stat();
    await file.chmod(isExecutable(mode) ? 0o755 : 0o644);
    await file.sync(); // so that a power failure cannot leave empty files under the final name
  } finally {
    await file.close();
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** Creates the links that npm packages cannot hold. The package's install script would create the same ones. */
function makeLinks(native: string, copy: string): void {
  const links = JSON.parse(fs.readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as Link[];
  for (const { source, target } of links) {
    const path = join(copy, relative('native', target));
    if (fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      fs.symlinkSync(relative(dirname(target), source), path);
    }
  }
}

function makeOwnFolder(path: string): void {
  makeFolders(dirname(path));
  if (!fs.existsSync(path)) {
    makeFolders(path);
    fs.chmodSync(path, 0o755);
  }
  assertOwn(path);
}

/** Throws unless only our account (and root) can write to the folder. */
function assertOwn(path: string): void {
  const { uid, mode } = fs.lstatSync(path);
  if (!fs.lstatSync(path).isDirectory() || uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new Error(`${path} is not a folder of this user that only its user can write to`);
  }
  for (let folder = dirname(fs.realpathSync(path)); folder !== '/'; folder = dirname(folder)) {
    const { mode: above } = fs.statSync(folder);
    const anyoneCanReplace = (above & 0o002) !== 0 && (above & 0o1000) === 0;
    if (anyoneCanReplace) throw new Error(`every user can write to ${folder}`);
  }
}

/** After this time, an unfinished copy is left over from a start that was killed. No copy takes an hour. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

function removeAbandonedCopies(cacheFolder: string, name: string): void {
  for (const entry of fs.readdirSync(cacheFolder)) {
    const path = join(cacheFolder, entry);
    const status = fs.lstatSync(path, { throwIfNoEntry: false });
    if (!entry.startsWith(`${name}.`) || status === undefined) continue;
    if (Date.now() - status.mtimeMs > ABANDONED_AFTER_MS) fs.rmSync(path, { recursive: true, force: true });
  }
}
