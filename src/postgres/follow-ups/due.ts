/** Finds the due follow-ups. Each has its own timer from the beginning. */
import type { DueFollowUps, DueQuery } from '../../ports/store.ts';
import { millisecondsOf, timeFrom } from '../columns.ts';
import { callsBeforeMs } from '../due.ts';
import type { Session } from '../session.ts';
import { type FollowUpRow, followUpColumns, followUpsOf, toFollowUp } from './records.ts';

/** Those that wait for a call are read apart from the others, each kind by its index: while calls are stopped, very many may wait. */
const DUE = `
SELECT clock.now_ms, found.* FROM (SELECT ${millisecondsOf('now()')} AS now_ms) clock LEFT JOIN (
  SELECT ${followUpColumns('$3::float8')} FROM ${followUpsOf(`(
    (SELECT * FROM payonce.follow_ups
     WHERE gateway = $4 AND due_at <= now() AND NOT (step = 'call' AND evidence = 0)
       AND ($5::float8 IS NULL OR evidence > 0 OR due_at <= now() - $5 * interval '1 ms')
     ORDER BY due_at LIMIT $1)
    UNION ALL
    (SELECT * FROM payonce.follow_ups
     WHERE gateway = $4 AND due_at <= now() AND due_at < ${timeFrom('$2::float8')} AND step = 'call' AND evidence = 0
     ORDER BY due_at LIMIT $1)
    ORDER BY due_at LIMIT $1)`)}) found ON true
ORDER BY found.due_at`;

export async function dueFollowUps(
  session: Session,
  query: DueQuery,
  retentionMs: number,
): Promise<DueFollowUps> {
  const { limit, calls, gateway, lookupsOverdueMs = null } = query;
  const values = [limit, callsBeforeMs(calls), retentionMs, gateway, lookupsOverdueMs];
  // If nothing is due, there is one row with only the clock.
  const rows = await session.query<(FollowUpRow | { payment_id: null }) & { now_ms: number }>(DUE, values);
  const followUps = rows.flatMap((row) => (row.payment_id === null ? [] : [toFollowUp(row)]));
  return { nowMs: rows[0]?.now_ms ?? 0, followUps };
}
