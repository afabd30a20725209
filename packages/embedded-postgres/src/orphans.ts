/**
 * A server that outlived its owner. When everything but PostgreSQL was killed with -9, or the watchdog too, a
 * postmaster or its backends may still hold the data folder. They are ended before a new server starts, but
 * only if they are PostgreSQL on exactly this folder.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgresError } from './errors.ts';
import { isPidTaken, readStatus, readText } from './processes.ts';

export interface ServerProcesses {
  /** The one that the others belong to; missing when it was killed and left its backends behind. */
  readonly postmaster: number | undefined;
  readonly all: readonly number[];
}

/**
 * Every process of a PostgreSQL server on exactly this data folder. Such a process works inside its data
 * folder, so the identity of its working directory tells, whatever the folder is called by now.
 */
export function findServerProcesses(dataFolder: string): ServerProcesses {
  const own = folderIdentity(dataFolder);
  if (own === undefined) return { postmaster: undefined, all: [] };
  const pids = listPids();
  if (pids === undefined) return findByPidFile(dataFolder);
  const all: number[] = [];
  const parents = new Set<number>();
  for (const pid of pids) {
    if (readText(`/proc/${pid}/comm`)?.trim() !== 'postgres') continue;
    const status = readStatus(pid);
    if (status === undefined || status.defunct || folderIdentity(`/proc/${pid}/cwd`) !== own) continue;
    all.push(pid);
    parents.add(status.parent);
  }
  return { postmaster: all.find((pid) => parents.has(pid)), all };
}

/** Names a folder by what it is, not by where it is: a moved folder keeps it, a copy has another. */
export function folderIdentity(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function listPids(): number[] | undefined {
  const pids = listFolder('/proc').map(Number).filter(Number.isInteger);
  return pids.length > 0 ? pids : undefined;
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Where there is no /proc: the postmaster keeps its command line, which names its data folder. */
function findByPidFile(dataFolder: string): ServerProcesses {
  const pid = readPidFile(dataFolder);
  if (pid === undefined || !isPidTaken(pid)) return { postmaster: undefined, all: [] };
  const ps = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  const isOurs = ps.status === 0 && ps.stdout.includes('postgres') && ps.stdout.includes(dataFolder);
  return isOurs ? { postmaster: pid, all: [pid] } : { postmaster: undefined, all: [] };
}

function readPidFile(dataFolder: string): number | undefined {
  const pid = Number.parseInt(readText(join(dataFolder, 'postmaster.pid')) ?? '', 10);
  return pid > 0 ? pid : undefined;
}

/** How the processes are asked to leave, ever less politely; a clean end spares the next start a recovery. */
const ESCALATION = [
  { signal: 'SIGINT', postmasterOnly: true, waitMs: 10_000 },
  { signal: 'SIGQUIT', postmasterOnly: false, waitMs: 3_000 },
  { signal: 'SIGKILL', postmasterOnly: false, waitMs: 5_000 },
] as const;

/** Often enough that a start after a crash does not feel slow. */
const POLL_MS = 20;

/** Ends whatever server still runs on the data folder; resolves with the number of processes that did. */
export async function stopOrphans(dataFolder: string, log: (line: string) => void): Promise<number> {
  const found = findServerProcesses(dataFolder);
  if (found.all.length === 0) return 0;
  log(`ending a PostgreSQL that outlived its owner (${describe(found)})`);
  for (const { signal, postmasterOnly, waitMs } of ESCALATION) {
    const { postmaster, all } = findServerProcesses(dataFolder);
    // A backend takes SIGINT for "cancel the query": without a postmaster there is nobody to ask politely.
    for (const pid of postmasterOnly ? [postmaster] : all) if (pid !== undefined) send(pid, signal);
    if (postmasterOnly && postmaster === undefined) continue;
    for (let waited = 0; waited < waitMs; waited += POLL_MS) {
      if (findServerProcesses(dataFolder).all.length === 0) return found.all.length;
      await pause(POLL_MS);
    }
  }
  throw new EmbeddedPostgresError(
    'data_dir_in_use',
    `The embedded PostgreSQL was not started: ${describe(findServerProcesses(dataFolder))} still holds ` +
      `${dataFolder} and could not be stopped. Stop it by hand, then start again.`,
  );
}

function describe({ postmaster, all }: ServerProcesses): string {
  return `process ${postmaster ?? all[0]}${all.length > 1 ? ` and ${all.length - 1} more` : ''}`;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

/**
 * Removes a `postmaster.pid` whose pid now belongs to somebody else: PostgreSQL would take that stranger for a
 * running server and refuse to start. Call it only when no server runs on the folder. A pid that nobody has is
 * left to PostgreSQL, which then also frees the shared memory that the file names.
 */
export function clearRecycledPidFile(dataFolder: string): void {
  const pid = readPidFile(dataFolder);
  if (pid !== undefined && isPidTaken(pid)) rmSync(join(dataFolder, 'postmaster.pid'), { force: true });
}
