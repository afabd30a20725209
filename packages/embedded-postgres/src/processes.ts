/**
 * What the operating system says about other processes. A pid alone names nobody, for it is given out again:
 * a process is known by its pid *and* its start.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process for as long as it lives, and no later process that happens to get its pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the same process. Empty where the system does not tell. */
  readonly startedAt: string;
}

export function identify(pid: number): ProcessIdentity {
  return { pid, startedAt: startOf(pid) ?? '' };
}

/** Whether this very process still runs. In doubt it does: better a refused start than two owners. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  const now = startOf(pid);
  if (now === undefined) return false;
  return now === '' || startedAt === '' || now === startedAt;
}

/** When `pid` was started; undefined if nothing runs under it, empty if the system does not tell. */
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
  /** A zombie: it holds nothing any more, though where process 1 reaps nobody it stays listed for ever. */
  readonly defunct: boolean;
  readonly parent: number;
  readonly startTicks: string;
}

/** `/proc/<pid>/stat`, where there is one. The name in it may hold anything, so fields count from its last `)`. */
export function readStatus(pid: number): ProcessStatus | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { defunct: /[ZX]/.test(fields[0] ?? ''), parent: Number(fields[1]), startTicks: fields[19] ?? '' };
}

/** Start ticks count from boot, so they mean something only together with it. */
const bootId = (): string => (readText('/proc/sys/kernel/random/boot_id') ?? '').trim();

/** A file's text, or undefined if it is not (or no longer) there for us. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
