/** The payments that this process has in memory: it works on them, or they wait here. */
import type { PaymentRecord } from '../ports/store.ts';
import type { Request } from './gate.ts';

interface Active {
  readonly record: PaymentRecord;
  /** Ends its wait. Null: it is being worked on. */
  readonly cancel: (() => void) | null;
  /** What is reserved for it of the gateway's budgets while it waits. Null: nothing. */
  readonly reserved: Request | null;
}

export interface ActivePayments {
  readonly size: number;
  record(paymentId: string): PaymentRecord | undefined;
  /** From now on it is being worked on. */
  working(record: PaymentRecord): void;
  /** From now on it waits, for a time or for a place at the gateway. `cancel` ends the wait. */
  waiting(record: PaymentRecord, cancel: () => void, reserved: Request | null): void;
  /**
   * Ends a payment's wait if the store has something newer: evidence, or another process's write. `reserved` must
   * be given back. Null: it does not wait here, or there is nothing newer.
   */
  interrupt(stored: PaymentRecord): { readonly reserved: Request | null } | null;
  remove(paymentId: string): void;
  /** The payments that wait. */
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
