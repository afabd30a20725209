/** What Payonce needs when the database's clock is set: how long leases last, and which waits the old clock has dated. */
import type { WaitsQuery } from '../ports/store.ts';
import { millisecondsOf } from './columns.ts';
import { noInstallation } from './mode.ts';
import type { Session } from './session.ts';

const NOTE_LEASE = `
UPDATE payonce.installation SET longest_lease_ms = greatest(longest_lease_ms, $1::float8)
RETURNING ${millisecondsOf('now()')} AS now_ms, longest_lease_ms`;

export async function noteLease(
  session: Session,
  leaseMs: number,
): Promise<{ nowMs: number; longestLeaseMs: number }> {
  const [row] = await session.query<{ now_ms: number; longest_lease_ms: number }>(NOTE_LEASE, [leaseMs]);
  if (row === undefined) throw noInstallation();
  return { nowMs: row.now_ms, longestLeaseMs: row.longest_lease_ms };
}

/** Whether event `e` is the last one of row `p`, and from what is now the future. */
const IS_FUTURE = "e.seq = p.seq AND e.at > now() + interval '1 second'";

/**
 * Payments that the old clock dated have their last event in what is now the future. Evidence and wake-ups are dated without an event;
 * to look at those too early does no harm. A worker keeps a payment for the longest lease there is, so no lease is cut short.
 */
const BY_OLD_CLOCK = `(p.evidence > 0 OR p.status IN ('COMPLETED', 'FAILED') OR EXISTS (
    SELECT FROM payonce.events e WHERE e.account_id = p.account_id AND e.payment_id = p.payment_id
      AND ${IS_FUTURE}))`;

/** A timer has the time of its payment. `soon`: the end of the longest lease from now. */
const SHORTENED = `due_at = CASE WHEN p.held THEN least(p.due_at, times.soon) ELSE times.now END,
    timer_at = CASE WHEN p.held THEN least(p.due_at, times.soon) ELSE times.now END`;

const TIMES = `SELECT now() AS now, now() + longest_lease_ms * interval '1 ms' AS soon FROM payonce.installation`;

/**
 * The statement may have waited for somebody who has claimed the payment meanwhile. That lease began later than `times`, so it would be
 * cut short. If its `seq` has changed, the payment is left as it is: whatever the old clock may still have dated is found by the next look.
 */
const SHORTEN_WAITS = `
WITH times AS (${TIMES}), page AS MATERIALIZED (
  SELECT account_id, order_id, payment_id, seq, timer_at FROM payonce.payments
  WHERE gateway = $1 AND timer_at > greatest(now(), timestamptz 'epoch' + $2::bigint * interval '1 microsecond')
  ORDER BY timer_at FETCH FIRST $3 ROWS WITH TIES
), shortened AS (
  UPDATE payonce.payments AS p SET ${SHORTENED} FROM page, times
  WHERE p.account_id = page.account_id AND p.order_id = page.order_id AND p.payment_id = page.payment_id
    AND p.seq = page.seq AND p.due_at > times.now AND ${BY_OLD_CLOCK}
)
SELECT (extract(epoch FROM max(timer_at)) * 1000000)::bigint::text AS last, count(*)::int AS found FROM page`;

/** First leases have no timers. There are only as many as were accepted within one lease. */
const SHORTEN_FIRST_LEASES = `
WITH times AS (${TIMES}), listed AS MATERIALIZED (
  SELECT account_id, unnest(payment_ids) AS payment_id FROM payonce.first_leases
  WHERE gateway = $1 AND ends_at > now()
)
UPDATE payonce.payments AS p SET ${SHORTENED} FROM listed, times
WHERE p.account_id = listed.account_id AND p.payment_id = listed.payment_id
  AND p.timer_at IS NULL AND p.due_at > times.now AND ${BY_OLD_CLOCK}`;

/** A follow-up is never woken without an event, and evidence makes it due now. */
const SHORTEN_FOLLOW_UPS = `
WITH times AS (${TIMES}), page AS MATERIALIZED (
  SELECT account_id, follow_up_id, seq, due_at FROM payonce.follow_ups
  WHERE gateway = $1 AND due_at > greatest(now(), timestamptz 'epoch' + $2::bigint * interval '1 microsecond')
  ORDER BY due_at FETCH FIRST $3 ROWS WITH TIES
), shortened AS (
  UPDATE payonce.follow_ups AS p
  SET due_at = CASE WHEN p.held THEN least(p.due_at, times.soon) ELSE times.now END FROM page, times
  WHERE p.account_id = page.account_id AND p.follow_up_id = page.follow_up_id AND p.seq = page.seq
    AND p.due_at > times.now
    AND (p.evidence > 0 OR EXISTS (
      SELECT FROM payonce.follow_up_events e WHERE e.account_id = p.account_id AND e.follow_up_id = p.follow_up_id
        AND ${IS_FUTURE}))
)
SELECT (extract(epoch FROM max(due_at)) * 1000000)::bigint::text AS last, count(*)::int AS found FROM page`;

/** One call does a page of the payments and one of the follow-ups. The next page begins where the earlier of the two ended. */
export async function shortenWaits(session: Session, query: WaitsQuery): Promise<number | null> {
  const { gateway, after, limit } = query;
  if (after === null) await session.query(SHORTEN_FIRST_LEASES, [gateway]);
  const ends: number[] = [];
  for (const statement of [SHORTEN_WAITS, SHORTEN_FOLLOW_UPS]) {
    const values = [gateway, after, limit];
    const [row] = await session.query<{ last: string | null; found: number }>(statement, values);
    if (row !== undefined && row.last !== null && row.found >= limit) ends.push(Number(row.last));
  }
  return ends.length === 0 ? null : Math.min(...ends);
}
