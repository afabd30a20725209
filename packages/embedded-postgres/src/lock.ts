/**
 * One owner per data folder. Everyone who wants it first announces himself in a file of his own and then looks
 * for others: whoever finds a living rival withdraws. As the announcement comes before the look, two can never
 * both find themselves alone, and no stale file ever has to be taken over, only deleted.
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

/** Two that start in the same instant both withdraw; a few tries at random distances let one of them through. */
const TRIES = 5;

const FILE_NAME = /^owner-\d+-[0-9a-f]+\.json$/;

interface Announcement extends ProcessIdentity {
  /** The folder it was written for: a copied folder brings along announcements that are not about it. */
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

/** A file that a power failure left empty announces nobody who could still be running. */
function parse(text: string | undefined): Announcement | undefined {
  try {
    return JSON.parse(text ?? '') as Announcement;
  } catch {
    return undefined;
  }
}

/** What the second one is told. */
export function inUse(home: string, { pid }: ProcessIdentity): EmbeddedPostgresError {
  const who = pid === process.pid ? 'this process already runs one there' : `process ${pid} runs one there`;
  return new EmbeddedPostgresError(
    'data_dir_in_use',
    `The embedded PostgreSQL was not started on ${home}: ${who}. Stop that process first, or give this one a ` +
      'data folder of its own (DATA_DIR), or a server of your own (DATABASE_URL).',
  );
}
