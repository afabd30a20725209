/**
 * What the operating system knows about other processes. A pid alone does not identify a process, because pids are used again: its start
 * time is needed, too.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Identifies one process, and no later process with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque. Equal only for the same process. Empty if the system does not say. */
  readonly startedAt: string;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, startedAt: startOf(pid) ?? '' };
}

/** Whether this very process still runs. In doubt, yes: a refused start is better than two owners. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  const now = startOf(pid);
  if (now === undefined) return false;
  return now === '' || startedAt === '' || now === startedAt;
}

/** When `pid` was started. Undefined: no process has it. Empty: the system does not say. */
function startOf(pid: number): string | undefined {
  if (!isPidTaken(pid)) return undefined;
  const status = readStatus(pid);
  if (status !== undefined) return status.defunct ? undefined : `${bootId()}/${status.startTicks}`;
  const ps = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return ps.status === 0 ? ps.stdout.trim() : '';
}

/** Whether the kernel knows the pid; a process of another account counts. */
export function isPidTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export interface ProcessStatus {
  /** A zombie. It uses nothing any more, but stays listed for ever if process 1 does not reap it. */
  readonly defunct: boolean;
  readonly parent: number;
  readonly startTicks: string;
}

/** Reads `/proc/<pid>/stat`, if it exists. The name in it may hold any character, so fields count from the last `)`. */
export function readStatus(pid: number): ProcessStatus | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { defunct: /[ZX]/.test(fields[0] ?? ''), parent: Number(fields[1]), startTicks: fields[19] ?? '' };
}

/** Start ticks count from the boot, so the boot is part of the identity. */
const bootId = (): string => (readText('/proc/sys/kernel/random/boot_id') ?? '').trim();

/** The text of a file; undefined if it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
