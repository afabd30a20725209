/**
 * Which deliveries this process may send now. Each is claimed for a lease, so that no other process sends it meanwhile; a process that dies loses
 * it when the lease is over. The try is counted here, before anything is sent.
 *
 * The accounts take turns by chance, and so do the endpoints of one. Each endpoint gives a few at most, and each account half of the places that the
 * others leave. So none keeps the others waiting, however many endpoints it has, and however slow they are.
 */
import { SICK_AFTER } from '../../domain/outgoing/schedule.ts';
import type { Claimed, Claiming } from '../../ports/outgoing.ts';
import { millisecondsOf } from '../columns.ts';
import type { Session } from '../session.ts';
import { EARLIER } from './rows.ts';

/** Which may get something now. */
const ENDPOINTS = `
SELECT account_id, endpoint_id FROM payonce.webhook_endpoints
WHERE status = 'ENABLED' AND deleted_at IS NULL AND (failures >= ${SICK_AFTER}) = $1::boolean
  AND (blocked_until IS NULL OR blocked_until <= now())`;

/** `room`: half of what the other accounts leave, less what is under way already. One place at least for an account that has none. */
const CLAIM = `
WITH due AS (
  SELECT d.account_id, d.endpoint_id, d.event_id FROM (
    SELECT account_id, greatest(CASE under_way WHEN 0 THEN 1 ELSE 0 END, ($4::int - under_way) / 2) AS room
    FROM (SELECT account_id, coalesce(($7::jsonb ->> account_id)::int, 0) AS under_way FROM (${ENDPOINTS}) e GROUP BY account_id) a
    ORDER BY random()
  ) a CROSS JOIN LATERAL (
    SELECT d.account_id, d.endpoint_id, d.event_id FROM (
      SELECT e.account_id, e.endpoint_id, coalesce(($2::jsonb ->> e.endpoint_id::text)::int, 0) AS under_way
      FROM (${ENDPOINTS}) e WHERE e.account_id = a.account_id
      ORDER BY random()
    ) e CROSS JOIN LATERAL (
      SELECT d.account_id, d.endpoint_id, d.event_id FROM payonce.webhook_deliveries d
      WHERE d.account_id = e.account_id AND d.endpoint_id = e.endpoint_id AND d.due_at <= now()
      ORDER BY d.due_at LIMIT greatest(0, $3::int - e.under_way)
      FOR UPDATE SKIP LOCKED
    ) d
    LIMIT a.room
  ) d
  LIMIT $4::int
), claimed AS (
  UPDATE payonce.webhook_deliveries d SET
    attempts = d.attempts + 1, tries = d.tries + 1, claim_id = $5::uuid, due_at = i.lease_end
  FROM due, (SELECT now() + $6::float8 * interval '1 ms' AS lease_end) i
  WHERE d.account_id = due.account_id AND d.endpoint_id = due.endpoint_id AND d.event_id = due.event_id
  RETURNING d.*
), a AS (
  INSERT INTO payonce.webhook_attempts (account_id, endpoint_id, event_id, n, at)
  SELECT account_id, endpoint_id, event_id, attempts, now() FROM claimed
)
SELECT d.account_id AS "accountId", d.endpoint_id AS "endpointId", d.event_id AS "eventId", d.event_type AS type,
  ${millisecondsOf('d.happened_at')} AS "happenedAtMs", d.payment_id AS "paymentId", f.kind, f.name, e.url, e.secret,
  (SELECT coalesce(jsonb_agg(one ->> 'secret' ORDER BY n), '[]') FROM ${EARLIER}) AS "earlierSecrets",
  d.claim_id AS "claimId", d.attempts AS attempt, d.tries, ${millisecondsOf('(now() - d.asked_at)')} AS "ageMs", e.failures
FROM claimed d
JOIN payonce.webhook_endpoints e USING (account_id, endpoint_id)
LEFT JOIN payonce.follow_ups f ON f.account_id = d.account_id AND f.follow_up_id = d.follow_up_id`;

type ClaimedRow = Omit<Claimed, 'followUp'> & {
  readonly kind: NonNullable<Claimed['followUp']>['kind'] | null;
  readonly name: string | null;
};

export async function claim(
  { query }: Pick<Session, 'query'>,
  wanted: Claiming,
): Promise<readonly Claimed[]> {
  const { sick, perEndpoint, underWay, limit, leaseMs, claimId } = wanted;
  const [endpoints, accounts] = [underWay.endpoints, underWay.accounts].map((counts) =>
    JSON.stringify(Object.fromEntries(counts)),
  );
  const values = [sick, endpoints, perEndpoint, limit, claimId, leaseMs, accounts];
  const rows = await query<ClaimedRow>(CLAIM, values);
  return rows.map(({ kind, name, ...row }) => ({
    ...row,
    followUp: kind === null || name === null ? null : { kind, name },
  }));
}
