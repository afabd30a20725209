import { readFileSync } from 'node:fs';

/** Where nothing is known: what common systems allow at least. */
const USUAL = 4096;

/** Files and connections that a process of ours may have open; Node raises it for itself to what is allowed at most. */
export function maxOpenFiles(): number {
  try {
    const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(limit ?? USUAL);
  } catch {
    return USUAL;
  }
}
