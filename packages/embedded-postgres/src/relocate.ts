/**
 * Homes under /var/lib/payonce, for root only (see place.ts). The file `origin` in each holds the data folder that it belongs to. So a moved
 * data folder keeps its home, and a copied one gets a copy.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EmbeddedPostgresError } from './errors.ts';
import { ensureFolder, makeFolders, syncFolder, writeDurably } from './files.ts';
import { acquireInstanceLock, findOwner, inUse } from './lock.ts';
import { stopOrphans } from './orphans.ts';
import { readText } from './processes.ts';
import { ourselves, runAs } from './user.ts';

export const SHARED_FOLDER = '/var/lib/payonce';

export interface Relocation {
  /** The real path of the data folder. */
  readonly dataDir: string;
  /** Where the data folder's home is looked for. */
  readonly link: string;
  readonly sharedFolder: string;
  readonly log: (line: string) => void;
}

const ROOT = { uid: 0, gid: 0 };

/** The server's account can pass through to its data, and sees nothing else. */
const HOME = { mode: 0o711, keeper: ROOT };

/** Creates an empty home elsewhere, and replaces the unreachable, still empty `link` by a link to it. */
export async function newRelocatedHome(relocation: Relocation): Promise<string> {
  const { dataDir, link, log } = relocation;
  fs.rmdirSync(link);
  const home = chooseName(relocation);
  ensureFolder(home, HOME);
  writeOrigin(home, dataDir);
  try {
    fs.symlinkSync(home, link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    fs.rmSync(home, { recursive: true }); // another start was faster; only the origin is in there
    return adoptLinkedHome(relocation);
  }
  log(`PostgreSQL's account cannot enter ${dataDir}; its data goes to ${home}`);
  return home;
}

/** Moves the home out of a data folder that has become unreachable, usually because its clone was moved. */
export async function moveHome(relocation: Relocation): Promise<string> {
  const { dataDir, link, log } = relocation;
  const owner = findOwner(link);
  if (owner !== undefined) throw inUse(link, owner);
  const home = chooseName(relocation);
  log(`PostgreSQL's account can no longer enter ${dataDir}; its data moves to ${home}`);
  writeOrigin(link, dataDir);
  await tool('mv', [link, home]);
  fs.symlinkSync(home, link);
  return home;
}

/** Follows the link. If the home belongs to another data folder, that one was moved or copied. */
export async function adoptLinkedHome(relocation: Relocation): Promise<string> {
  const { dataDir, link } = relocation;
  const home = realPath(link);
  if (home === undefined) {
    throw new EmbeddedPostgresError(
      'data_dir_unusable',
      `The embedded PostgreSQL was not started: ${link} leads to ${fs.readlinkSync(link)}, which does not exist. ` +
        'Restore that folder, or delete the link to start with an empty database.',
    );
  }
  const origin = readText(join(home, 'origin'))?.trim();
  if (origin === undefined || origin === dataDir) return home;
  if (realPath(join(origin, 'postgres')) === home) return copyHome(home, origin, relocation);
  writeOrigin(home, dataDir);
  return home;
}

/** The data folder was copied with its link. The copy gets its own cluster: otherwise both would use one, with each other's payments. */
async function copyHome(source: string, origin: string, relocation: Relocation): Promise<string> {
  const { dataDir, link, log } = relocation;
  const owner = findOwner(source);
  if (owner !== undefined) {
    throw new EmbeddedPostgresError(
      'data_dir_in_use',
      `The embedded PostgreSQL was not started: ${dataDir} is a copy of ${origin}, whose database is in use by ` +
        `process ${owner.pid}. Stop that process, so that its data can be copied, too; or delete ${link} to ` +
        'start with an empty database.',
    );
  }
  const lock = await acquireInstanceLock(source, ROOT);
  try {
    await stopOrphans(join(source, 'data'), log);
    const home = chooseName(relocation);
    const staging = `${home}.copying`;
    log(`${dataDir} is a copy of ${origin}; its data is copied to ${home}`);
    fs.rmSync(staging, { recursive: true, force: true });
    await tool('cp', ['-RPp', source, staging]);
    writeOrigin(staging, dataDir);
    fs.renameSync(staging, home);
    fs.symlinkSync(home, `${link}.new`);
    fs.renameSync(`${link}.new`, link);
    syncFolder(dirname(link));
    return home;
  } finally {
    lock.release();
  }
}

/**
 * A free name that shows its data folder. The home of a deleted data folder is never used again, because a deleted folder means a new start. It
 * is never deleted either, because it may hold payments.
 */
function chooseName({ dataDir, sharedFolder }: Relocation): string {
  ensureSharedFolder(sharedFolder);
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const name = join(sharedFolder, `${basename(dataDir).replace(/^\.+/, '') || 'data'}-${hash}`);
  for (let n = 1; ; n += 1) {
    const path = n === 1 ? name : `${name}-${n}`;
    if (!fs.existsSync(path)) return path;
  }
}

/** Only root may write here: another account could create links that root would follow. */
function ensureSharedFolder(path: string): void {
  makeFolders(dirname(path));
  ensureFolder(path, { mode: 0o755, keeper: ROOT });
  const { uid, mode } = fs.lstatSync(path);
  if (!fs.lstatSync(path).isDirectory() || uid !== 0 || (mode & 0o022) !== 0) {
    throw new Error(`${path} must be a folder that only root can write to`);
  }
}

function writeOrigin(home: string, dataDir: string): void {
  writeDurably(join(home, 'origin'), `${dataDir}\n`, { mode: 0o600, keeper: ROOT });
}

function realPath(path: string): string | undefined {
  try {
    return fs.realpathSync(path);
  } catch {
    return undefined;
  }
}

async function tool(command: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runAs(ourselves(), command, args);
  if (code !== 0) throw new Error(`${command} failed: ${output.trim()}`);
}
