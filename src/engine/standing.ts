/**
 * The alarms of this process that stand as long as the gateway says nothing else about their payment. Any process may go on with the
 * payment, so what ends an alarm may be an event that another one has written.
 */
import type { EventType } from '../domain/events.ts';
import type { Alarm } from '../domain/transition/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { unitOf } from './unit.ts';

/** The others end with the payment's REVIEW, or not at all. */
const STANDING: ReadonlySet<Alarm> = new Set(['gateway_forbidden', 'evidence_waits']);

/** With these the gateway has said nothing that ends an alarm. */
const TELLS_NOTHING: ReadonlySet<string> = new Set<EventType>([
  'call.started',
  'call.not_sent',
  'call.refused',
  'call.unknown',
  'call.forbidden',
  'lookup.started',
  'lookup.unavailable',
  'verify.started',
  'verify.unavailable',
  'operator.asked_to_look',
  'operator.wished',
]);

/** More than a person will let stand. Beyond it the oldest is forgotten, and has no end in the log. */
const MAX_STANDING = 10_000;

/** The events of a payment are read no more often than this. */
const READ_EVERY_MS = 10_000;

export interface Standing {
  /** Notes an alarm of the payment. False: the same one stands already. */
  raised(record: PaymentRecord, alarm: Alarm): boolean;
  /** The alarms that this event of the payment ends. */
  endedBy(unit: string, event: { readonly seq: number; readonly type: string }): readonly Alarm[];
  /** Payments whose events should be read now, after `seq`. */
  toRead(limit: number): readonly { readonly record: PaymentRecord; readonly seq: number }[];
}

interface Entry {
  /** As it was when the first alarm was raised. */
  readonly record: PaymentRecord;
  readonly alarms: Set<Alarm>;
  /** The last event that is known to end none of them. */
  seq: number;
  readAtMs: number;
}

export function createStanding(clock: Clock): Standing {
  /** In the order of `readAtMs`. */
  const entries = new Map<string, Entry>();

  function keep(entry: Entry): void {
    const unit = unitOf(entry.record);
    entry.readAtMs = clock.monotonicMs() + READ_EVERY_MS;
    entries.delete(unit);
    entries.set(unit, entry);
  }

  return {
    raised(record, alarm) {
      if (!STANDING.has(alarm)) return true;
      const known = entries.get(unitOf(record));
      const [oldest] = entries.keys();
      if (known === undefined && entries.size >= MAX_STANDING) entries.delete(oldest as string);
      const entry = known ?? { record, alarms: new Set(), seq: 0, readAtMs: 0 };
      entry.seq = record.seq;
      keep(entry);
      const isNews = !entry.alarms.has(alarm);
      entry.alarms.add(alarm);
      return isNews;
    },
    endedBy(unit, { seq, type }) {
      const entry = entries.get(unit);
      if (entry === undefined || seq <= entry.seq) return [];
      entry.seq = seq;
      if (TELLS_NOTHING.has(type)) return [];
      entries.delete(unit);
      return [...entry.alarms];
    },
    toRead(limit) {
      const due: Entry[] = [];
      for (const entry of entries.values()) {
        if (due.length === limit || entry.readAtMs > clock.monotonicMs()) break;
        due.push(entry);
      }
      for (const entry of due) keep(entry);
      return due;
    },
  };
}
