/** Failed payments, made due again: what failed by the records of a restored database is looked into once more. */
import type { FailedCursor, FailedQuery } from '../ports/store.ts';
import { timeFrom } from './columns.ts';
import type { Session } from './session.ts';

/** They are found through their events, by the index of what is rare. Timers only: neither fence nor `seq` changes. */
const WAKE_FAILED = `
WITH page AS MATERIALIZED (
  SELECT DISTINCT account_id, status, payment_id FROM payonce.events
  WHERE status = 'FAILED' AND ($3::text IS NULL OR (account_id, status, payment_id) > ($3, 'FAILED', $4::uuid))
  ORDER BY account_id, status, payment_id LIMIT $5
), woken AS (
  UPDATE payonce.payments AS p SET due_at = now(), timer_at = now() FROM page
  WHERE p.account_id = page.account_id AND p.payment_id = page.payment_id AND p.gateway = $1
    AND p.status = 'FAILED' AND p.due_at IS NULL AND p.updated_at <= ${timeFrom('$2::float8')}
)
SELECT account_id, payment_id, (SELECT count(*) FROM page)::int AS found FROM page
ORDER BY account_id DESC, payment_id DESC LIMIT 1`;

interface LastRow {
  readonly account_id: string;
  readonly payment_id: string;
  readonly found: number;
}

/** Returns `Store.wakeFailed`. */
export async function wakeFailed(session: Session, query: FailedQuery): Promise<FailedCursor | null> {
  const { gateway, beforeMs, after, limit } = query;
  const values = [gateway, beforeMs, after?.accountId ?? null, after?.paymentId ?? null, limit];
  const [last] = await session.query<LastRow>(WAKE_FAILED, values);
  if (last === undefined || last.found < limit) return null;
  return { accountId: last.account_id, paymentId: last.payment_id };
}
