/**
 * Finds the due payments. A payment's timer is in its row and is indexed, but not during its first lease: nearly every payment is settled
 * within it, and then no index has to be touched. Instead, a list holds the payments in their first lease, one row for all that were
 * accepted together. When the lease ends, each payment that is still open gets a timer.
 */
import type { DuePayments, DueQuery } from '../ports/store.ts';
import { millisecondsOf, timeFrom } from './columns.ts';
import { type RecordRow, recordColumns, recordTables, toRecord } from './records.ts';
import type { Session } from './session.ts';

/** How many rows of the list one statement reads. */
const ENDED_LIMIT = 250;

/**
 * It changes only timers, so neither fence nor `seq` changes. It never waits for a lock. It leaves out rows of the list that another
 * sweep works on. A row with a locked payment stays in the list, and is read again in a second, after the others. Most payments of the
 * list are settled: each is found by its index, and the few that are still open are passed as arrays, so that the planner expects few of
 * them, too.
 */
const START_TIMERS = `
WITH ended AS MATERIALIZED (
  SELECT account_id, payment_id, payment_ids FROM payonce.first_leases
  WHERE gateway = $1 AND ends_at <= now() ORDER BY ends_at LIMIT ${ENDED_LIMIT}
  FOR UPDATE SKIP LOCKED
), open AS MATERIALIZED (
  SELECT ended.account_id, ended.payment_id AS listed, p.order_id
  FROM ended CROSS JOIN LATERAL unnest(ended.payment_ids) AS i(payment_id) CROSS JOIN LATERAL (
    SELECT order_id FROM payonce.payments
    WHERE account_id = ended.account_id AND payment_id = i.payment_id AND due_at IS NOT NULL AND timer_at IS NULL
    OFFSET 0) p
), free AS MATERIALIZED (
  SELECT o.account_id, o.order_id FROM open o CROSS JOIN LATERAL (
    SELECT FROM payonce.payments
    WHERE account_id = o.account_id AND order_id = o.order_id AND due_at IS NOT NULL AND timer_at IS NULL
    FOR UPDATE SKIP LOCKED) p
), busy AS MATERIALIZED (
  SELECT DISTINCT account_id, listed FROM open o
  WHERE NOT EXISTS (SELECT FROM free f WHERE f.account_id = o.account_id AND f.order_id = o.order_id)
), freed AS (
  SELECT array_agg(account_id ORDER BY account_id, order_id) AS account_ids,
    array_agg(order_id ORDER BY account_id, order_id) AS order_ids FROM free
), started AS (
  UPDATE payonce.payments AS p SET timer_at = p.due_at
  FROM (SELECT unnest(account_ids) AS account_id, unnest(order_ids) AS order_id FROM freed) o
  WHERE p.account_id = o.account_id AND p.order_id = o.order_id AND p.due_at IS NOT NULL AND p.timer_at IS NULL
), gone AS (
  DELETE FROM payonce.first_leases AS l USING ended e
  WHERE l.account_id = e.account_id AND l.payment_id = e.payment_id
    AND NOT EXISTS (SELECT FROM busy b WHERE b.account_id = e.account_id AND b.listed = e.payment_id)
), put_off AS (
  UPDATE payonce.first_leases AS l SET ends_at = now() + interval '1 second' FROM busy b
  WHERE l.account_id = b.account_id AND l.payment_id = b.listed
)
SELECT count(*)::int AS ended FROM ended`;

/** Payments that wait for a call are read apart from the others, each kind by its index: while calls are stopped, very many may wait. */
const DUE = `
SELECT clock.*, found.* FROM (
  SELECT ${millisecondsOf('now()')} AS now_ms, (SELECT longest_lease_ms FROM payonce.installation) AS longest_lease_ms
) clock LEFT JOIN (
  SELECT ${recordColumns('$3::float8')} FROM ${recordTables(`(
    SELECT * FROM (
      (SELECT * FROM payonce.payments
       WHERE gateway = $4 AND timer_at <= now() AND NOT waits_to_call
         AND ($5::float8 IS NULL OR evidence > 0 OR timer_at <= now() - $5 * interval '1 ms')
       ORDER BY timer_at LIMIT $1)
      UNION ALL
      (SELECT * FROM payonce.payments
       WHERE gateway = $4 AND timer_at <= now() AND timer_at < ${timeFrom('$2::float8')} AND waits_to_call
       ORDER BY timer_at LIMIT $1)) due
    ORDER BY timer_at LIMIT $1)`)}) found ON true
ORDER BY found.due_at`;

interface ClockRow {
  readonly now_ms: number;
  readonly longest_lease_ms: number;
}

export async function duePayments(
  session: Session,
  query: DueQuery,
  retentionMs: number,
): Promise<DuePayments> {
  const { limit, calls, gateway, lookupsOverdueMs = null } = query;
  await startTimers(session, gateway);
  // If nothing is due, there is one row with only the clock.
  const rows = await session.query<(RecordRow | { payment_id: null }) & ClockRow>(DUE, [
    limit,
    callsBeforeMs(calls),
    retentionMs,
    gateway,
    lookupsOverdueMs,
  ]);
  const payments = rows.flatMap((row) => (row.payment_id === null ? [] : [toRecord(row)]));
  const { now_ms: nowMs, longest_lease_ms: longestLeaseMs } = rows[0] ?? { now_ms: 0, longest_lease_ms: 0 };
  return { nowMs, longestLeaseMs, payments };
}

/** For a query: all calls are due before infinity, no calls before 0. */
export function callsBeforeMs(calls: DueQuery['calls']): number {
  if (typeof calls !== 'boolean') return calls.dueBeforeMs;
  return calls ? Number.POSITIVE_INFINITY : 0;
}

async function startTimers(session: Session, gateway: string): Promise<void> {
  let ended = ENDED_LIMIT;
  while (ended === ENDED_LIMIT) {
    const [row] = await session.query<{ ended: number }>(START_TIMERS, [gateway]);
    ended = row?.ended ?? 0;
  }
}
