/** What is done from time to time. Each statement has a bound; what is left is done the next time. */
import { GIVE_UP_AFTER_MS, SICK_AFTER } from '../../domain/outgoing/schedule.ts';
import type { Session } from '../session.ts';

const MOST = 1000;

/** Deliveries that ended so long ago are erased, with their tries. */
const KEPT_FOR = `interval '30 days'`;

const ERASE = `
DELETE FROM payonce.webhook_deliveries d USING (
  SELECT account_id, endpoint_id, event_id FROM payonce.webhook_deliveries
  WHERE ended_at < now() - ${KEPT_FOR} ORDER BY ended_at LIMIT ${MOST} FOR UPDATE SKIP LOCKED
) old
WHERE d.account_id = old.account_id AND d.endpoint_id = old.endpoint_id AND d.event_id = old.event_id`;

/** A sick endpoint is tried with one delivery at a time. The others wait for it, but not for ever. */
const GIVE_UP = `
UPDATE payonce.webhook_deliveries d SET status = 'DEAD', due_at = NULL, claim_id = NULL, ended_at = now()
FROM (
  SELECT w.account_id, w.endpoint_id, w.event_id FROM payonce.webhook_deliveries w
  JOIN payonce.webhook_endpoints e USING (account_id, endpoint_id)
  WHERE e.failures >= ${SICK_AFTER} AND e.status = 'ENABLED' AND w.due_at < now() AND w.claim_id IS NULL
    AND w.asked_at < now() - ${GIVE_UP_AFTER_MS} * interval '1 ms'
  ORDER BY w.due_at LIMIT ${MOST} FOR UPDATE OF w SKIP LOCKED
) late
WHERE d.account_id = late.account_id AND d.endpoint_id = late.endpoint_id AND d.event_id = late.event_id`;

/** No wait is so long: the clock was set back since. */
const MEND_DELIVERIES = `
UPDATE payonce.webhook_deliveries SET due_at = now() WHERE due_at > now() + interval '30 hours'`;
const MEND_ENDPOINTS = `
UPDATE payonce.webhook_endpoints SET blocked_until = NULL WHERE blocked_until > now() + interval '2 hours'`;

export async function tidy({ query }: Pick<Session, 'query'>): Promise<void> {
  for (const statement of [ERASE, GIVE_UP, MEND_DELIVERIES, MEND_ENDPOINTS]) await query(statement, []);
}
