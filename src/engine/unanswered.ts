/**
 * Open rows whose last lookup got no answer. They are looked up again soon after calls go on, and not only when their own time has come. They are
 * kept in memory only: a row that a restart forgets waits for its own time.
 */
import type { EffectKind } from '../domain/effects.ts';
import type { EventType } from '../domain/events.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { unitOf } from './unit.ts';

export interface Unanswered {
  /** After each write of this process. `type`: of the event that it wrote. */
  noted(record: PaymentRecord, type: EventType): void;
  /** The rows of this kind. They are not kept any longer. */
  take(kind: EffectKind): readonly PaymentRecord[];
}

/** Rows that are kept. Beyond it, the one that was looked up longest ago is forgotten. */
const MAX_ROWS = 2000;

const NO_ANSWER: ReadonlySet<EventType> = new Set(['lookup.unavailable', 'verify.unavailable']);

export function createUnanswered(): Unanswered {
  /** In the order of their lookups. */
  const rows = new Map<string, PaymentRecord>();
  return {
    noted(record, type) {
      const unit = unitOf(record);
      rows.delete(unit);
      const { status } = record.operation;
      const isOpen = status === 'PROCESSING' || status === 'UNRESOLVED';
      if (!isOpen || !NO_ANSWER.has(type)) return;
      const [oldest] = rows.keys();
      if (rows.size >= MAX_ROWS) rows.delete(oldest as string);
      rows.set(unit, record);
    },
    take(kind) {
      const taken = [...rows.values()].filter(({ operation }) => operation.kind === kind);
      for (const record of taken) rows.delete(unitOf(record));
      return taken;
    },
  };
}
