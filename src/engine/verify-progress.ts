/** How far asking after an order's other charges has come, for those that are more than one lease has time for. */
import { NO_EVIDENCE, type OwnEvidence } from '../domain/transition/index.ts';
import type { PaymentRecord } from '../ports/store.ts';

/** All charges up to `afterN` are clear. */
export interface Reached {
  readonly afterN: number;
  /** What evidence about the current charge has told so far. */
  readonly own: OwnEvidence;
}

export interface VerifyProgress {
  /** Where to go on under this claim; from the beginning where anything has changed since. */
  reached(record: PaymentRecord): Reached;
  /** Remembers it for the next claim. */
  keep(record: PaymentRecord, reached: Reached): void;
}

/** Payments that are remembered at most; one that is forgotten is begun anew. */
const MOST = 1000;
const BEGINNING: Reached = { afterN: 0, own: NO_EVIDENCE };

/** Only in memory: a process that starts asks after all of them. */
export function createVerifyProgress(): VerifyProgress {
  const kept = new Map<string, Reached & { readonly seq: number; readonly evidence: number }>();
  return {
    reached(record) {
      const one = kept.get(record.paymentId);
      kept.delete(record.paymentId);
      // The same evidence, as nobody has written in between: nobody has dealt with any of it, and more of it would count.
      const same = one !== undefined && one.seq === record.seq && one.evidence === record.evidence;
      return same ? { afterN: one.afterN, own: one.own } : BEGINNING;
    },
    keep(record, { afterN, own }) {
      const [oldest] = kept.keys();
      if (kept.size >= MOST && oldest !== undefined) kept.delete(oldest);
      // The claim is given back with one write, and the next one is taken with another.
      kept.set(record.paymentId, { afterN, own, seq: record.seq + 2, evidence: record.evidence });
    },
  };
}
