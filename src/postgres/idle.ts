/** Makes idle payments due again: those that failed by the records of a restored database, and those that wait for a person. */
import type { IdleCursor, IdleQuery } from '../ports/store.ts';
import { timeFrom } from './columns.ts';
import type { Session } from './session.ts';

/**
 * They are found through their events, by the index of rare statuses. PostgreSQL uses it only if the text names the status. Only timers
 * change, neither fence nor `seq`.
 */
const wakeStatement = (status: IdleQuery['status']): string => `
WITH page AS MATERIALIZED (
  SELECT DISTINCT account_id, status, payment_id FROM payonce.events
  WHERE status = '${status}' AND ($3::text IS NULL OR (account_id, status, payment_id) > ($3, '${status}', $4::uuid))
  ORDER BY account_id, status, payment_id LIMIT $5
), woken AS (
  UPDATE payonce.payments AS p SET due_at = now(), timer_at = now() FROM page
  WHERE p.account_id = page.account_id AND p.payment_id = page.payment_id AND p.gateway = $1
    AND p.status = '${status}' AND p.due_at IS NULL AND ($2::float8 IS NULL OR p.updated_at <= ${timeFrom('$2::float8')})
)
SELECT account_id, payment_id, (SELECT count(*) FROM page)::int AS found FROM page
ORDER BY account_id DESC, payment_id DESC LIMIT 1`;

const WAKE = { FAILED: wakeStatement('FAILED'), REVIEW: wakeStatement('REVIEW') } as const;

interface LastRow {
  readonly account_id: string;
  readonly payment_id: string;
  readonly found: number;
}

/** Returns `Store.wakeIdle`. */
export async function wakeIdle(session: Session, query: IdleQuery): Promise<IdleCursor | null> {
  const { gateway, status, beforeMs, after, limit } = query;
  const values = [gateway, beforeMs, after?.accountId ?? null, after?.paymentId ?? null, limit];
  const [last] = await session.query<LastRow>(WAKE[status], values);
  if (last === undefined || last.found < limit) return null;
  return { accountId: last.account_id, paymentId: last.payment_id };
}
