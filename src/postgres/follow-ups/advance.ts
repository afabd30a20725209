/**
 * The fenced write of a follow-up: the same as that of a payment, on a row of its own. The sums of its payment are changed from the row
 * that this write returns, so they change exactly once. They change by differences, because other follow-ups change them meanwhile.
 */
import type { FollowUpAdvance, FollowUpAdvanced } from '../../ports/store.ts';
import { ADVANCE_COLUMNS, AS_EXPECTED, NEW_STATE } from '../advance.ts';
import { columns, millisecondsOf } from '../columns.ts';
import type { Session } from '../session.ts';
import { hasWish, withWish } from '../wishes.ts';
import { followUpById } from './reads.ts';

const INPUT = columns<FollowUpAdvance>([
  ...ADVANCE_COLUMNS,
  { name: 'follow_up_id', type: 'uuid', value: (w) => w.id },
  { name: 'settled_minor', type: 'bigint', value: (w) => w.settledMinor },
  { name: 'refunding_minor', type: 'bigint', value: (w) => w.sums.refundingMinor },
  { name: 'refunded_minor', type: 'bigint', value: (w) => w.sums.refundedMinor },
  { name: 'absences', type: 'integer', value: (w) => w.sums.absences },
  { name: 'elsewhere_minor', type: 'bigint', value: (w) => w.elsewhere?.amountMinor ?? null },
  { name: 'elsewhere_exact', type: 'boolean', value: (w) => w.elsewhere?.exact ?? null },
  { name: 'asked_refunding_minor', type: 'bigint', value: (w) => w.elsewhere?.asked.refundingMinor ?? null },
  { name: 'asked_refunded_minor', type: 'bigint', value: (w) => w.elsewhere?.asked.refundedMinor ?? null },
  { name: 'asked_absences', type: 'integer', value: (w) => w.elsewhere?.asked.absences ?? null },
]);

/**
 * What the gateway said counts only if the sums are still those with which it was asked: the row of sums is locked here, and compared as it
 * is. A sum that is only the least never falls.
 */
const ELSEWHERE = `CASE
      WHEN s.refunding_minor = p.asked_refunding_minor AND s.refunded_minor = p.asked_refunded_minor
        AND s.absences = p.asked_absences
      THEN CASE WHEN p.elsewhere_exact THEN p.elsewhere_minor ELSE greatest(s.elsewhere_minor, p.elsewhere_minor) END
      ELSE s.elsewhere_minor END`;

/** The first settlement is kept for good. `by_absence` goes with the count of absences in the sums. */
const TABLES = `
WITH p AS (
  UPDATE payonce.follow_ups AS p SET
    ${NEW_STATE},
    settled_minor = i.settled_minor,
    settled_at = coalesce(p.settled_at, CASE WHEN i.answer IS NOT NULL THEN now() END),
    problem = CASE WHEN p.settled_at IS NULL THEN i.problem ELSE p.problem END,
    answer = CASE WHEN p.settled_at IS NULL THEN i.answer ELSE p.answer END,
    by_absence = CASE WHEN i.absences = 0 THEN p.by_absence ELSE i.absences > 0 END
  FROM ${INPUT.relation}
  WHERE p.account_id = i.account_id AND p.follow_up_id = i.follow_up_id
    AND p.order_id = i.order_id AND p.payment_id = i.payment_id
    ${AS_EXPECTED}
  RETURNING p.account_id, p.payment_id, p.follow_up_id, p.seq, p.status, p.attempts, p.evidence, i.event_type, i.event_detail,
    i.refunding_minor, i.refunded_minor, i.absences, i.elsewhere_minor, i.elsewhere_exact, i.asked_refunding_minor,
    i.asked_refunded_minor, i.asked_absences
), s AS (
  UPDATE payonce.payment_sums AS s SET
    refunding_minor = s.refunding_minor + p.refunding_minor, refunded_minor = s.refunded_minor + p.refunded_minor,
    absences = s.absences + p.absences, elsewhere_minor = ${ELSEWHERE}
  FROM p
  WHERE s.account_id = p.account_id AND s.payment_id = p.payment_id
    AND (p.refunding_minor <> 0 OR p.refunded_minor <> 0 OR p.absences <> 0 OR p.elsewhere_minor <> s.elsewhere_minor)
), e AS (
  INSERT INTO payonce.follow_up_events (account_id, follow_up_id, seq, type, status, attempts, detail, at)
  SELECT account_id, follow_up_id, seq, event_type, status, attempts, event_detail, now() FROM p
)`;

const RESULT = `SELECT evidence, ${millisecondsOf('now()')} AS now_ms FROM p`;

export const ADVANCE_FOLLOW_UP = `${TABLES}\n${RESULT}`;

interface AdvancedRow {
  readonly evidence: number;
  readonly now_ms: number;
}

export async function advanceFollowUp(
  session: Session,
  write: FollowUpAdvance,
  retentionMs: number,
): Promise<FollowUpAdvanced> {
  const values = INPUT.values([write]);
  const fenced = { tables: TABLES, result: RESULT, values, unitId: 'follow_up_id', n: '1' } as const;
  const [row] = hasWish(write)
    ? await withWish<AdvancedRow>(session, write, fenced)
    : await session.query<AdvancedRow>(ADVANCE_FOLLOW_UP, values);
  if (row !== undefined) return { kind: 'done', nowMs: row.now_ms, evidence: row.evidence };
  return {
    kind: 'lost',
    record: await followUpById(session, write.payment.accountId, write.id, retentionMs),
  };
}
