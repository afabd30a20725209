/**
 * Ends a server that outlived its owner. If the owner and the watchdog were killed with -9, the postmaster or its backends may still use
 * the data folder. They are ended before a new server starts, but only if they are PostgreSQL processes on exactly this folder.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EmbeddedPostgresError } from './errors.ts';
import { isPidTaken, readStatus, readText } from './processes.ts';

export interface ServerProcesses {
  /** The parent of the others. Undefined if it was killed and its backends still run. */
  readonly postmaster: number | undefined;
  readonly all: readonly number[];
}

/**
 * Every process of a PostgreSQL server on exactly this data folder. The working directory of such a process is its data folder, so the
 * identity of that directory is compared, even if the folder was renamed.
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

/** Identifies a folder independently of its path: a moved folder keeps its identity, a copy has another one. */
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

/** For systems without /proc: the command line of the postmaster names its data folder. */
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

/** The signals that end the processes, each harder than the last. After a clean end, the next start needs no recovery. */
const ESCALATION = [
  { signal: 'SIGINT', postmasterOnly: true, waitMs: 10_000 },
  { signal: 'SIGQUIT', postmasterOnly: false, waitMs: 3_000 },
  { signal: 'SIGKILL', postmasterOnly: false, waitMs: 5_000 },
] as const;

/** Often enough that a start after a crash is not slow. */
const POLL_MS = 20;

/** Ends every server that still runs on the data folder. Resolves with the number of its processes. */
export async function stopOrphans(dataFolder: string, log: (line: string) => void): Promise<number> {
  const found = findServerProcesses(dataFolder);
  if (found.all.length === 0) return 0;
  log(`ending a PostgreSQL that outlived its owner (${describe(found)})`);
  for (const { signal, postmasterOnly, waitMs } of ESCALATION) {
    const { postmaster, all } = findServerProcesses(dataFolder);
    // For a backend, SIGINT means "cancel the query", so without a postmaster this step is left out.
    for (const pid of postmasterOnly ? [postmaster] : all) if (pid !== undefined) send(pid, signal);
    if (postmasterOnly && postmaster === undefined) continue;
    for (let waited = 0; waited < waitMs; waited += POLL_MS) {
      if (findServerProcesses(dataFolder).all.length === 0) return found.all.length;
      await pause(POLL_MS);
    }
  }
  throw new EmbeddedPostgresError(
    'data_dir_in_use',
    `The embedded PostgreSQL was not started: ${describe(findServerProcesses(dataFolder))} of an older PostgreSQL still ` +
      `runs on ${dataFolder} and could not be stopped. Stop it by hand (kill), then start again.`,
  );
}

function describe({ postmaster, all }: ServerProcesses): string {
  return `process ${postmaster ?? all[0]}${all.length > 1 ? ` and ${all.length - 1} more` : ''}`;
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/**
 * Removes a `postmaster.pid` whose pid now belongs to another process. PostgreSQL would take that process for a running server and refuse to
 * start. Call it only when no server runs on the folder. A file with an unused pid is left to PostgreSQL, which then also frees the shared
 * memory that the file names.
 */
export function clearRecycledPidFile(dataFolder: string): void {
  const pid = readPidFile(dataFolder);
  if (pid !== undefined && isPidTaken(pid)) rmSync(join(dataFolder, 'postmaster.pid'), { force: true });
}
