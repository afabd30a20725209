/** How far asking after an order's other charges has come, for those that are more than one lease has time for. */
import type { PaymentRecord } from '../ports/store.ts';

export interface VerifyProgress {
  /** The charge behind which to go on under this claim; 0, the beginning, where anything has changed since. */
  reached(record: PaymentRecord): number;
  /** Remembers for the next claim that all charges up to `afterN` are clear. */
  keep(record: PaymentRecord, afterN: number): void;
}

interface Reached {
  readonly afterN: number;
  readonly seq: number;
  readonly evidence: number;
}

/** Payments that are remembered at most; one that is forgotten is begun anew. */
const MOST = 1000;

/** Only in memory: a process that starts asks after all of them. */
export function createVerifyProgress(): VerifyProgress {
  const kept = new Map<string, Reached>();
  return {
    reached(record) {
      const one = kept.get(record.paymentId);
      kept.delete(record.paymentId);
      // The same evidence, as nobody has written in between: nobody has dealt with any of it, and more of it would count.
      const same = one !== undefined && one.seq === record.seq && one.evidence === record.evidence;
      return same ? one.afterN : 0;
    },
    keep(record, afterN) {
      const [oldest] = kept.keys();
      if (kept.size >= MOST && oldest !== undefined) kept.delete(oldest);
      // The claim is given back with one write, and the next one is taken with another.
      kept.set(record.paymentId, { afterN, seq: record.seq + 2, evidence: record.evidence });
    },
  };
}
