/** The fenced write of a follow-up's row, whatever its kind. */
import type { FollowUpAdvance } from '../../ports/store.ts';
import { ADVANCE_COLUMNS, AS_EXPECTED, NEW_STATE } from '../advance.ts';
import { type Column, type Columns, millisecondsOf } from '../columns.ts';

export const FOLLOW_UP_COLUMNS: readonly Column<FollowUpAdvance>[] = [
  ...ADVANCE_COLUMNS,
  { name: 'follow_up_id', type: 'uuid', value: (w) => w.id },
  { name: 'settled_minor', type: 'bigint', value: (w) => w.settledMinor },
  { name: 'absences', type: 'integer', value: (w) => w.sums.absences },
];

/**
 * The first settlement is kept for good. `by_absence` goes with the count of absences. `returning`: what the rest of the statement needs of
 * the row beside its key and its event.
 */
export function fencedRow(input: Columns<FollowUpAdvance>, returning: string): string {
  return `
WITH p AS (
  UPDATE payonce.follow_ups AS p SET
    ${NEW_STATE},
    settled_minor = i.settled_minor,
    settled_at = coalesce(p.settled_at, CASE WHEN i.answer IS NOT NULL THEN now() END),
    problem = CASE WHEN p.settled_at IS NULL THEN i.problem ELSE p.problem END,
    answer = CASE WHEN p.settled_at IS NULL THEN i.answer ELSE p.answer END,
    by_absence = CASE WHEN i.absences = 0 THEN p.by_absence ELSE i.absences > 0 END
  FROM ${input.relation}
  WHERE p.account_id = i.account_id AND p.follow_up_id = i.follow_up_id
    AND p.order_id = i.order_id AND p.payment_id = i.payment_id
    ${AS_EXPECTED}
  RETURNING p.account_id, p.payment_id, p.follow_up_id, p.seq, p.status, p.attempts, p.evidence, i.event_type, i.event_detail,
    ${returning}
)`;
}

export const EVENT = `e AS (
  INSERT INTO payonce.follow_up_events (account_id, follow_up_id, seq, type, status, attempts, detail, at)
  SELECT account_id, follow_up_id, seq, event_type, status, attempts, event_detail, now() FROM p
)`;

export const RESULT = `SELECT evidence, ${millisecondsOf('now()')} AS now_ms FROM p`;

/** What writes to one kind of follow-up: it ends with `RESULT`. */
export interface FencedWrite {
  readonly input: Columns<FollowUpAdvance>;
  readonly tables: string;
}
