/** The payments that this process has in memory: it works on them, or waits for their time. */
import type { PaymentRecord } from '../ports/store.ts';
import type { Request } from './gate.ts';

interface Active {
  readonly record: PaymentRecord;
  /** Null: it is worked on; else it waits. */
  readonly cancel: (() => void) | null;
  /** What of the gateway's budgets is reserved for it while it waits; null: nothing is. */
  readonly reserved: Request | null;
}

export interface ActivePayments {
  readonly size: number;
  record(paymentId: string): PaymentRecord | undefined;
  /** From here on it is worked on. */
  working(record: PaymentRecord): void;
  /** From here on it waits, for a time or for a place; `cancel` ends that. */
  waiting(record: PaymentRecord, cancel: () => void, reserved: Request | null): void;
  /**
   * Ends the wait for a payment of which the store knows more: evidence came in, or another wrote. Null: it does not wait here, or
   * the store knows no more. `reserved` is to be given back.
   */
  interrupt(stored: PaymentRecord): { readonly reserved: Request | null } | null;
  remove(paymentId: string): void;
  /** Those that wait. */
  idle(): readonly PaymentRecord[];
}

export function createActivePayments(): ActivePayments {
  const payments = new Map<string, Active>();
  return {
    get size() {
      return payments.size;
    },
    record: (paymentId) => payments.get(paymentId)?.record,
    working(record) {
      payments.set(record.paymentId, { record, cancel: null, reserved: null });
    },
    waiting(record, cancel, reserved) {
      payments.set(record.paymentId, { record, cancel, reserved });
    },
    interrupt(stored) {
      const one = payments.get(stored.paymentId);
      if (one === undefined || one.cancel === null) return null;
      const { seq, evidence } = one.record;
      const isNews = stored.seq > seq || (stored.seq === seq && stored.evidence > evidence);
      if (!isNews) return null;
      one.cancel();
      return { reserved: one.reserved };
    },
    remove(paymentId) {
      payments.get(paymentId)?.cancel?.();
      payments.delete(paymentId);
    },
    idle: () => [...payments.values()].flatMap(({ record, cancel }) => (cancel === null ? [] : [record])),
  };
}
