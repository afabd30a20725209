/**
 * What a process and all that it started cost, read from the kernel. Where machines are noisy, processor time is the
 * steadiest figure there is: what a payment costs, whoever else was running.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second (USER_HZ); wherever it runs, it has been so for decades. */
const TICK_MS = 10;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly ms: number;
}

/** Milliseconds of processor time (user and system) of the process and its descendants; 0 where there is no /proc. */
export function cpuMs(root: number): number {
  return treeOf(root).reduce((sum, { ms }) => sum + ms, 0);
}

/**
 * Resident memory of the process and its living descendants in MiB, pages that they share counted for each; 0 where there
 * is no /proc.
 */
export function residentMb(root: number): number {
  const kilobytes = treeOf(root).reduce((sum, { pid }) => sum + residentKb(pid), 0);
  return Math.round(kilobytes / 102.4) / 10;
}

/** How many processes it is, with its living descendants; 0 where there is no /proc. */
export function processCount(root: number): number {
  return treeOf(root).length;
}

function treeOf(root: number): readonly Stat[] {
  const stats = readStats();
  const wanted = new Set([root]);
  // Children have larger or smaller pids than their parents, so it is repeated until nothing new is found.
  for (let before = 0; before !== wanted.size; ) {
    before = wanted.size;
    for (const { pid, parent } of stats) if (wanted.has(parent)) wanted.add(pid);
  }
  return stats.filter(({ pid }) => wanted.has(pid));
}

function readStats(): Stat[] {
  return listProcesses().flatMap((pid) => {
    const text = readProc(`${pid}/stat`);
    if (text === null) return [];
    // The second field, the command in brackets, may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    // Children that have ended count with their parent: PostgreSQL's backends come and go.
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return [{ pid, parent: Number(fields[1]), ms: ticks * TICK_MS }];
  });
}

function listProcesses(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readProc(`${pid}/status`) ?? '')?.[1] ?? 0);
}

/** Null where the process has ended since, or the system has no /proc. */
function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return null;
  }
}
