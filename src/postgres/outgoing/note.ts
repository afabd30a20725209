/** What became of one try: of the try itself, of the delivery if it is still ours, and of the endpoint's health. */
import type { Claimed, Noted } from '../../ports/outgoing.ts';
import type { Session } from '../session.ts';

const IS_AS_CLAIMED = 'e.account_id = $1 AND e.endpoint_id = $2::uuid AND e.url = $15';

/**
 * Where the endpoint has another address since the claim, only a success counts: the rest says nothing about the new one, and the event is sent there.
 * The endpoint is locked last, and by each note after its own delivery. So no two notes wait for each other.
 */
const NOTE = `
WITH a AS (
  UPDATE payonce.webhook_attempts SET took_ms = $6::int, status = $7::int, answer = $8, error = $9
  WHERE account_id = $1 AND endpoint_id = $2::uuid AND event_id = $3 AND n = $4::int
), d AS (
  UPDATE payonce.webhook_deliveries d SET
    status = i.status, claim_id = NULL,
    due_at = CASE WHEN i.status = 'PENDING' THEN i.next END, ended_at = CASE WHEN i.status <> 'PENDING' THEN now() END
  FROM (
    SELECT CASE WHEN m.counts THEN $10 ELSE 'PENDING' END AS status,
      CASE WHEN m.counts THEN now() + $11::float8 * interval '1 ms' ELSE now() END AS next
    FROM (SELECT $10 = 'DELIVERED' OR EXISTS (SELECT FROM payonce.webhook_endpoints e WHERE ${IS_AS_CLAIMED}) AS counts) m
  ) i
  WHERE d.account_id = $1 AND d.endpoint_id = $2::uuid AND d.event_id = $3 AND d.claim_id = $5::uuid AND d.status = 'PENDING'
  RETURNING 1
)
UPDATE payonce.webhook_endpoints e SET
  failures = $12::int, blocked_until = i.until,
  status = CASE WHEN $14::boolean THEN 'DISABLED' ELSE e.status END,
  disabled_reason = CASE WHEN $14::boolean THEN 'gone' ELSE e.disabled_reason END
FROM (SELECT CASE WHEN $13::float8 > 0 THEN now() + $13::float8 * interval '1 ms' END AS until) i
WHERE ${IS_AS_CLAIMED} AND (SELECT count(*) FROM d) >= 0
  AND (e.failures <> $12::int OR e.blocked_until IS DISTINCT FROM i.until OR $14::boolean)
RETURNING true`;

export async function note(
  { query }: Pick<Session, 'query'>,
  claimed: Claimed,
  noted: Noted,
): Promise<boolean> {
  const { accountId, endpointId, eventId, attempt, claimId, url } = claimed;
  const { tookMs, status, answer, error, next, waitMs, failures, pauseMs, gone } = noted;
  const own = [accountId, endpointId, eventId, attempt, claimId];
  const changed = await query(NOTE, [
    ...own,
    Math.round(tookMs),
    status,
    answer,
    error,
    next,
    waitMs,
    failures,
    pauseMs,
    gone,
    url,
  ]);
  return changed.length > 0;
}
