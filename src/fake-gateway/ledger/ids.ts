/**
 * Ids that hold their row's number, so that finding a charge by its id needs no index. They also hold a tag that is drawn once for each
 * ledger, so that two ledgers (or one in memory before and after a restart) never share an id.
 */
import { randomBytes } from 'node:crypto';

/** The only random value that does not come from the seed: it must differ between ledgers. */
export function newLedgerTag(): string {
  return randomBytes(4).toString('hex');
}

export function idOf(prefix: string, tag: string, seq: number): string {
  return `${prefix}_${tag}${seq.toString(36).padStart(8, '0')}`;
}

/** The number in an id of this ledger, or `undefined` if it is not one. */
export function seqOf(id: string, prefix: string, tag: string): number | undefined {
  const start = `${prefix}_${tag}`;
  if (!id.startsWith(start) || !/^[0-9a-z]{8,11}$/.test(id.slice(start.length))) return undefined;
  const seq = Number.parseInt(id.slice(start.length), 36);
  return Number.isSafeInteger(seq) && idOf(prefix, tag, seq) === id ? seq : undefined;
}

export const OPERATION_PREFIX = { refund: 're', capture: 'ca', void: 'vo' } as const;
