/** Finds the due follow-ups. Each has its own timer from the beginning. */
import type { FollowUpKind } from '../../domain/effects.ts';
import type { DueFollowUps, DueFollowUpsQuery } from '../../ports/store.ts';
import { millisecondsOf, timeFrom } from '../columns.ts';
import { callsBeforeMs } from '../due.ts';
import type { Session } from '../session.ts';
import { type FollowUpRow, followUpColumns, followUpsOf, toFollowUp } from './records.ts';

/**
 * The page of one kind, so that no kind keeps another one from being found. `calls`: the parameter of those that wait for a call. These are read
 * apart from the others, each by its index: while calls are stopped, very many may wait.
 */
const pageOf = (kind: FollowUpKind, calls: string): string => `(
    (SELECT * FROM payonce.follow_ups
     WHERE gateway = $3 AND kind = '${kind}' AND due_at <= now() AND NOT (step = 'call' AND evidence = 0)
       AND ($4::float8 IS NULL OR evidence > 0 OR due_at <= now() - $4 * interval '1 ms')
     ORDER BY due_at LIMIT $1)
    UNION ALL
    (SELECT * FROM payonce.follow_ups
     WHERE gateway = $3 AND kind = '${kind}' AND due_at <= now() AND due_at < ${timeFrom(`${calls}::float8`)} AND step = 'call'
       AND evidence = 0
     ORDER BY due_at LIMIT $1)
    ORDER BY due_at LIMIT $1)`;

const PAGES: Readonly<Record<FollowUpKind, string>> = {
  refund: pageOf('refund', '$5'),
  capture: pageOf('capture', '$6'),
  void: pageOf('void', '$7'),
};

const DUE = `
SELECT clock.now_ms, found.* FROM (SELECT ${millisecondsOf('now()')} AS now_ms) clock LEFT JOIN (
  SELECT ${followUpColumns('$2::float8')} FROM ${followUpsOf(`(${Object.values(PAGES).join(' UNION ALL ')})`)}) found ON true
ORDER BY found.due_at`;

export async function dueFollowUps(
  session: Session,
  query: DueFollowUpsQuery,
  retentionMs: number,
): Promise<DueFollowUps> {
  const { limit, calls, gateway, lookupsOverdueMs = null } = query;
  const before = [calls.refund, calls.capture, calls.void].map(callsBeforeMs);
  const values = [limit, retentionMs, gateway, lookupsOverdueMs, ...before];
  // If nothing is due, there is one row with only the clock.
  const rows = await session.query<(FollowUpRow | { payment_id: null }) & { now_ms: number }>(DUE, values);
  const followUps = rows.flatMap((row) => (row.payment_id === null ? [] : [toFollowUp(row)]));
  return { nowMs: rows[0]?.now_ms ?? 0, followUps };
}
