/**
 * Finds the server that another process runs on a data folder. Nothing is written for this: the lock names the process, PostgreSQL's own file has
 * the port, and the password lies beside the cluster, where only its owner can read it.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { addressOf, readPassword } from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { findOwner } from './lock.ts';
import { dataFolderOf, homeLinkOf } from './place.ts';
import { readText } from './processes.ts';
import { isRoot, nameOf, ourselves } from './user.ts';

/** A server that a process runs. */
export interface RunningPostgres {
  /** The connection string of the database `payonce`, with the password. Loopback only. It ends with that process. */
  readonly url: string;
  /** The process that started the server and will stop it. */
  readonly pid: number;
}

/**
 * Finds the server that a process of this user runs on the data folder now. Null: no process does, also if one was killed there. Root finds the
 * servers of all users. Starts nothing, and waits for nothing.
 *
 * @param dataDir as for `startEmbeddedPostgres`
 * @throws EmbeddedPostgresError whose message says what to do: `data_dir_unusable` if the data belongs to another user, `data_dir_in_use` if a
 *   process uses the folder and its server takes no connections yet, or no more
 */
export function findEmbeddedPostgres({ dataDir }: { readonly dataDir: string }): RunningPostgres | null {
  const home = homeOf(dataDir);
  if (home === undefined) return null;
  refuseStrangers(home);
  const owner = findOwner(home);
  if (owner === undefined) return null;
  const { pid } = owner;
  const password = readPassword(home);
  const port = portOf(dataFolderOf(home));
  if (password === undefined || port === undefined) throw notReady(home, pid);
  return { url: addressOf({ password, port }), pid };
}

/** Undefined: there is none, or it belongs to another data folder. The start says what is to be done about that. */
function homeOf(dataDir: string): string | undefined {
  const link = homeLinkOf(dataDir);
  if (!fs.existsSync(link)) return undefined;
  const home = fs.realpathSync(link);
  // The link was copied together with the data folder, and leads to the database of the original.
  const origin = readText(join(home, 'origin'))?.trim();
  const isLink = fs.lstatSync(link).isSymbolicLink();
  return isLink && origin !== undefined && origin !== fs.realpathSync(dataDir) ? undefined : home;
}

/** Another user could let a server of their own wait there. */
function refuseStrangers(home: string): void {
  const { uid } = fs.statSync(home);
  if (isRoot() || uid === ourselves().uid) return;
  throw new EmbeddedPostgresError(
    'data_dir_unusable',
    `The embedded PostgreSQL was not used: ${home} belongs to the user ${nameOf(uid) ?? `uid ${uid}`}, and this is ${ourselves().name}. ` +
      'Run this as that user, choose another folder (DATA_DIR), or use your own server (DATABASE_URL).',
  );
}

/** Lines of PostgreSQL's `postmaster.pid`, counted from 0. */
const PORT_LINE = 3;
const STATUS_LINE = 7;

/** Undefined: it takes no connections. */
function portOf(dataFolder: string): number | undefined {
  const lines = (readText(join(dataFolder, 'postmaster.pid')) ?? '').split('\n');
  const port = Number(lines[PORT_LINE]);
  return lines[STATUS_LINE]?.trim() === 'ready' && port > 0 ? port : undefined;
}

function notReady(home: string, pid: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'data_dir_in_use',
    `The embedded PostgreSQL was not used: process ${pid} has it in ${home}, and it is being started or stopped. Repeat this in a few seconds.`,
  );
}
