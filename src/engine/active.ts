/** What this process has in memory: it works on it, or it waits here. */
import type { PaymentRecord } from '../ports/store.ts';
import type { Request } from './gate.ts';
import { shareOf } from './slots.ts';
import { isFollowUp, unitOf } from './unit.ts';

interface Active {
  readonly record: PaymentRecord;
  /** Ends its wait. Null: it is being worked on. */
  readonly cancel: (() => void) | null;
  /** What is reserved for it of the gateway's budgets while it waits. Null: nothing. */
  readonly reserved: Request | null;
}

export interface ActivePayments {
  /** Whether it may be kept here while it waits. Follow-ups have room for a share only: see `shareOf`. */
  hasRoomFor(record: PaymentRecord): boolean;
  record(unit: string): PaymentRecord | undefined;
  /** From now on it is being worked on. */
  working(record: PaymentRecord): void;
  /** From now on it waits, for a time or for a place at the gateway. `cancel` ends the wait. */
  waiting(record: PaymentRecord, cancel: () => void, reserved: Request | null): void;
  /**
   * Ends a wait if the store has something newer: evidence, another process's write, or an earlier time. `reserved` must
   * be given back. Null: it does not wait here, or there is nothing newer.
   */
  interrupt(stored: PaymentRecord): { readonly reserved: Request | null } | null;
  remove(unit: string): void;
  /** What waits. */
  idle(): readonly PaymentRecord[];
}

/** What memory expects is rounded. A difference that is no longer than this is none. */
const EARLIER_BY_MS = 1000;

function isNews(known: PaymentRecord, stored: PaymentRecord): boolean {
  if (stored.seq !== known.seq) return stored.seq > known.seq;
  if (stored.evidence > known.evidence) return true;
  // An event of the gateway changes only the time.
  const [due, expected] = [stored.dueAtMs, known.dueAtMs];
  return !stored.held && due !== null && expected !== null && due < expected - EARLIER_BY_MS;
}

/** `most`: how many may be kept here. */
export function createActivePayments(most: number): ActivePayments {
  const units = new Map<string, Active>();
  const followUps = new Set<string>();

  function keep(one: Active): void {
    const unit = unitOf(one.record);
    units.set(unit, one);
    if (isFollowUp(one.record)) followUps.add(unit);
  }

  return {
    hasRoomFor(record) {
      if (units.has(unitOf(record))) return true;
      return units.size < most && !(isFollowUp(record) && followUps.size >= shareOf(most));
    },
    record: (unit) => units.get(unit)?.record,
    working(record) {
      keep({ record, cancel: null, reserved: null });
    },
    waiting(record, cancel, reserved) {
      keep({ record, cancel, reserved });
    },
    interrupt(stored) {
      const one = units.get(unitOf(stored));
      if (one === undefined || one.cancel === null) return null;
      if (!isNews(one.record, stored)) return null;
      one.cancel();
      return { reserved: one.reserved };
    },
    remove(unit) {
      units.get(unit)?.cancel?.();
      units.delete(unit);
      followUps.delete(unit);
    },
    idle: () => [...units.values()].flatMap(({ record, cancel }) => (cancel === null ? [] : [record])),
  };
}
