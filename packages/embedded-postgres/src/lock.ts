/**
 * One owner for each data folder. A process that wants the folder first writes an announcement to its own file, and then looks for others.
 * If it finds a running one, it withdraws. Because it announces itself before it looks, two processes can never both own the folder. A
 * stale file is only deleted, never taken over.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgresError } from './errors.ts';
import { writeDurably } from './files.ts';
import { folderIdentity } from './orphans.ts';
import { identify, isRunning, type ProcessIdentity, readText } from './processes.ts';
import type { Account } from './user.ts';

export interface InstanceLock {
  /** Idempotent. */
  release(): void;
}

/** Two processes that start at the same time both withdraw. After a few tries with random pauses, one of them succeeds. */
const TRIES = 5;

const FILE_NAME = /^owner-\d+-[0-9a-f]+\.json$/;

interface Announcement extends ProcessIdentity {
  /** The folder that it was written for. In a copied folder, the announcements of the original do not count. */
  readonly folder: string | undefined;
}

/**
 * Becomes the owner of `home`, or throws `data_dir_in_use`.
 *
 * @param keeper the account that the folder's files belong to
 */
export async function acquireInstanceLock(home: string, keeper: Account): Promise<InstanceLock> {
  const own = `owner-${process.pid}-${randomBytes(4).toString('hex')}.json`;
  const release = () => rmSync(join(home, own), { force: true });
  const announcement: Announcement = { ...identify(process.pid), folder: folderIdentity(home) };
  for (let attempt = 1; ; attempt += 1) {
    writeDurably(join(home, own), `${JSON.stringify(announcement)}\n`, { mode: 0o600, keeper });
    const rival = findOwner(home, own);
    if (rival === undefined) return { release };
    release();
    if (attempt === TRIES) throw inUse(home, rival);
    await pause(randomInt(20, 120));
  }
}

/** The living process that owns `home`, other than the one announced in the file `except`. */
export function findOwner(home: string, except = ''): ProcessIdentity | undefined {
  const folder = folderIdentity(home);
  for (const name of readdirSync(home)) {
    if (name === except || !FILE_NAME.test(name)) continue;
    const announcement = parse(readText(join(home, name)));
    if (announcement !== undefined && announcement.folder === folder && isRunning(announcement)) {
      return announcement;
    }
    rmSync(join(home, name), { force: true });
  }
  return undefined;
}

/** If a power failure left the file empty, its process is no longer running. */
function parse(text: string | undefined): Announcement | undefined {
  try {
    return JSON.parse(text ?? '') as Announcement;
  } catch {
    return undefined;
  }
}

export function inUse(home: string, { pid }: ProcessIdentity): EmbeddedPostgresError {
  const who = pid === process.pid ? 'this process already uses it' : `process ${pid} uses it`;
  return new EmbeddedPostgresError(
    'data_dir_in_use',
    `The embedded PostgreSQL was not started on ${home}: ${who}. Stop that process first, or give this one ` +
      'another data folder (DATA_DIR) or your own server (DATABASE_URL).',
  );
}
