/** How far the lookups of an order's other charges have come, if there are more than one lease has time for. */
import type { PaymentRecord } from '../ports/store.ts';
import { unitOf } from './unit.ts';

export interface VerifyProgress {
  /** The charge after which to continue under this claim. 0, the beginning, if anything has changed since. */
  reached(record: PaymentRecord): number;
  /** Remembers for the next claim that all charges up to `afterN` are clear. */
  keep(record: PaymentRecord, afterN: number): void;
}

interface Reached {
  readonly afterN: number;
  readonly seq: number;
  readonly evidence: number;
}

/** How many payments are remembered at most. A forgotten one starts again. */
const MOST = 1000;

/** In memory only: a new process looks up all of them. */
export function createVerifyProgress(): VerifyProgress {
  const kept = new Map<string, Reached>();
  return {
    reached(record) {
      const one = kept.get(unitOf(record));
      kept.delete(unitOf(record));
      // Nobody has written in between, so an equal count means the same evidence.
      const same = one !== undefined && one.seq === record.seq && one.evidence === record.evidence;
      return same ? one.afterN : 0;
    },
    keep(record, afterN) {
      const [oldest] = kept.keys();
      if (kept.size >= MOST && oldest !== undefined) kept.delete(oldest);
      // The claim is given back with one write, and the next one is taken with another.
      kept.set(unitOf(record), { afterN, seq: record.seq + 2, evidence: record.evidence });
    },
  };
}
