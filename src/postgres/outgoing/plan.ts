/**
 * From the audit trails to deliveries. The trails are written in the transaction of the change, so they are the outbox: a charge writes nothing
 * more for it.
 *
 * What is new is known by the number of the transaction (`xmin`) that wrote a line. The cursor says: all transactions below `before_xid` have ended,
 * and their lines have been looked at. So a line that is committed late is never skipped, whatever the clock says, and however long
 * another transaction stays open. Lines from `before_xid` on are looked at each time; the key of the deliveries keeps each to one. The time only
 * narrows down where the lines are (`events_at`).
 *
 * The cursor moves in the statement that inserts the deliveries. Of several processes one has its row; the others have nothing to do.
 */
import { TYPE_OF_LINE } from '../../domain/outgoing/event-types.ts';
import type { DeliveryQueue } from '../../ports/outgoing.ts';
import { millisecondsOf, timeFrom } from '../columns.ts';
import type { Session } from '../session.ts';

/**
 * A line has the time at which its statement began. So long may a statement take before it is cancelled, and the clock may be set back between two
 * looks.
 */
const SLACK_MS = 60_000;

/** So many deliveries are made by one statement. */
const MOST = 1000;

const CURSOR = `
SELECT ${millisecondsOf('least(seen_at, now())')} - $1::float8 AS "sinceMs" FROM payonce.webhook_cursor
WHERE EXISTS (SELECT FROM payonce.webhook_endpoints WHERE status = 'ENABLED' AND deleted_at IS NULL)`;

/**
 * Of a line `e` and the cursor `c`. Transactions are numbered modulo 2^32 in a row. A cursor above all numbers is from another server, from
 * which the database was copied: then all lines since its time count as new.
 */
const IS_NEW = `(c.before_xid > pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    OR (e.xmin::text::bigint - c.before_xid % 4294967296 + 4294967296) % 4294967296 < 2147483648)`;

const SINCE = timeFrom('$1::float8');

/**
 * Counted, and not asked with EXISTS: for the first of many rows the planner would begin at the old end of the table, and read all of it if there is
 * none. The limit tells it that the cursor is one row.
 */
const countNew = (table: string): string =>
  `(SELECT count(*) FROM ${table} e, (SELECT before_xid FROM payonce.webhook_cursor LIMIT 1) c WHERE e.at >= ${SINCE} AND ${IS_NEW})`;

const ANY_NEW = `SELECT ${countNew('payonce.events')} + ${countNew('payonce.follow_up_events')} > 0 AS "anyNew"`;

/** The id of an event: the id of what it is about, and which change of that it was. So it is the same however often it is made. */
const eventId = (id: string): string => `'evt_' || replace(${id}::text, '-', '') || '_' || e.seq`;

const PLAN = `
WITH c AS MATERIALIZED (
  SELECT before_xid FROM payonce.webhook_cursor LIMIT 1 FOR UPDATE SKIP LOCKED
), lines AS MATERIALIZED (
  SELECT e.account_id, e.payment_id, NULL::uuid AS follow_up_id, e.at, ${eventId('e.payment_id')} AS event_id,
    $2::jsonb ->> ('charge ' || e.type || ' ' || e.status) AS event_type
  FROM payonce.events e, c WHERE e.at >= ${SINCE} AND ${IS_NEW}
  UNION ALL
  SELECT e.account_id, f.payment_id, e.follow_up_id, e.at, ${eventId('e.follow_up_id')},
    $2::jsonb ->> (f.kind || ' ' || e.type || ' ' || e.status)
  FROM payonce.follow_up_events e JOIN payonce.follow_ups f USING (account_id, follow_up_id), c
  WHERE e.at >= ${SINCE} AND ${IS_NEW}
), fresh AS MATERIALIZED (
  SELECT l.*, n.endpoint_id FROM lines l
  JOIN payonce.webhook_endpoints n ON n.account_id = l.account_id AND n.status = 'ENABLED' AND n.deleted_at IS NULL
    AND (n.event_types IS NULL OR l.event_type = ANY (n.event_types))
  WHERE l.event_type IS NOT NULL AND NOT EXISTS (
    SELECT FROM payonce.webhook_deliveries d
    WHERE d.account_id = l.account_id AND d.endpoint_id = n.endpoint_id AND d.event_id = l.event_id)
  LIMIT $3::int
), planned AS (
  INSERT INTO payonce.webhook_deliveries (account_id, endpoint_id, event_id, event_type, payment_id, follow_up_id, happened_at, due_at)
  SELECT account_id, endpoint_id, event_id, event_type, payment_id, follow_up_id, at, now() FROM fresh
  ORDER BY at, event_id
  ON CONFLICT DO NOTHING
), moved AS (
  UPDATE payonce.webhook_cursor w SET before_xid = s.xmin, seen_at = now()
  FROM c, (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax) s
  WHERE (SELECT count(*) FROM fresh) < $3::int AND (s.xmin > c.before_xid OR c.before_xid > s.xmax)
)
SELECT (SELECT count(*)::int FROM fresh) AS count`;

/** Returns `DeliveryQueue.plan`. */
export function createPlan({ query }: Pick<Session, 'query'>): DeliveryQueue['plan'] {
  return async () => {
    const [cursor] = await query<{ sinceMs: number }>(CURSOR, [SLACK_MS]);
    if (cursor === undefined) return 'idle';
    // The time is a parameter, so that the planner sees how few lines it is about.
    const [found] = await query<{ anyNew: boolean }>(ANY_NEW, [cursor.sinceMs]);
    if (found?.anyNew !== true) return 'done';
    const [row] = await query<{ count: number }>(PLAN, [cursor.sinceMs, JSON.stringify(TYPE_OF_LINE), MOST]);
    return (row?.count ?? 0) < MOST ? 'done' : 'more';
  };
}
