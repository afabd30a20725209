/** Deliveries, as the API reads them and asks for them again. */
import type { EndpointBooks } from '../../ports/outgoing.ts';
import { timeFrom } from '../columns.ts';
import type { Session } from '../session.ts';
import { ATTEMPT, type AttemptRow, DELIVERY, type DeliveryRow, IS_THE_ENDPOINT } from './rows.ts';

const IS_THERE = `SELECT true AS there FROM payonce.webhook_endpoints e WHERE ${IS_THE_ENDPOINT}`;

/** Of the endpoint with the key in the first two parameters. Null: all. */
const PAGE = `
SELECT ${DELIVERY} FROM payonce.webhook_deliveries d
WHERE d.account_id = $1 AND d.endpoint_id = $2::uuid AND ($3::text IS NULL OR d.status = $3)
  AND ($4::bigint IS NULL OR d.ord < $4::bigint)
ORDER BY d.ord DESC LIMIT $5::int`;

const ONE = `
SELECT ${DELIVERY} FROM payonce.webhook_deliveries d
WHERE d.account_id = $1 AND d.endpoint_id = $2::uuid AND d.event_id = $3 AND EXISTS (${IS_THERE})`;

const ATTEMPTS = `
SELECT ${ATTEMPT} FROM payonce.webhook_attempts a
WHERE a.account_id = $1 AND a.endpoint_id = $2::uuid AND a.event_id = $3 ORDER BY a.n DESC LIMIT 100`;

const ADD_TEST = `
INSERT INTO payonce.webhook_deliveries AS d (account_id, endpoint_id, event_id, event_type, happened_at, due_at)
SELECT e.account_id, e.endpoint_id, $3, $4, now(), now() FROM payonce.webhook_endpoints e WHERE ${IS_THE_ENDPOINT}
RETURNING ${DELIVERY}`;

/** One that is under way now is left to its lease: it is sent again only if it fails. */
const AGAIN = `
status = 'PENDING', ended_at = NULL, tries = 0, asked_at = now(), due_at = CASE WHEN d.claim_id IS NULL THEN now() ELSE d.due_at END`;

const RESEND = `
UPDATE payonce.webhook_deliveries d SET ${AGAIN}
WHERE d.account_id = $1 AND d.endpoint_id = $2::uuid AND d.event_id = $3 AND EXISTS (${IS_THERE})
RETURNING ${DELIVERY}`;

const RESEND_SINCE = `
WITH chosen AS (
  SELECT d.account_id, d.endpoint_id, d.event_id FROM payonce.webhook_deliveries d
  WHERE d.account_id = $1 AND d.endpoint_id = $2::uuid AND d.ended_at IS NOT NULL AND d.happened_at >= ${timeFrom('$3::float8')}
  ORDER BY d.ord LIMIT $4::int FOR UPDATE
), again AS (
  UPDATE payonce.webhook_deliveries d SET ${AGAIN} FROM chosen c
  WHERE d.account_id = c.account_id AND d.endpoint_id = c.endpoint_id AND d.event_id = c.event_id AND d.ended_at IS NOT NULL
  RETURNING 1
)
SELECT count(*)::int AS count FROM again WHERE EXISTS (${IS_THERE})`;

type Deliveries = Pick<EndpointBooks, 'deliveries' | 'delivery' | 'addTest' | 'resend' | 'resendSince'>;

export function deliveries({ query }: Pick<Session, 'query'>): Deliveries {
  const isThere = async (accountId: string, endpointId: string): Promise<boolean> =>
    (await query<object>(IS_THERE, [accountId, endpointId])).length === 1;
  return {
    async deliveries({ accountId, endpointId }, { status, before, limit }) {
      if (!(await isThere(accountId, endpointId))) return null;
      return query<DeliveryRow>(PAGE, [accountId, endpointId, status, before, limit]);
    },
    async delivery({ accountId, endpointId }, eventId) {
      const values = [accountId, endpointId, eventId];
      const [delivery] = await query<DeliveryRow>(ONE, values);
      if (delivery === undefined) return null;
      return { delivery, attempts: (await query<AttemptRow>(ATTEMPTS, values)).reverse() };
    },
    async addTest({ accountId, endpointId }, { eventId, type }) {
      return (await query<DeliveryRow>(ADD_TEST, [accountId, endpointId, eventId, type]))[0] ?? null;
    },
    async resend({ accountId, endpointId }, eventId) {
      return (await query<DeliveryRow>(RESEND, [accountId, endpointId, eventId]))[0] ?? null;
    },
    async resendSince({ accountId, endpointId }, sinceMs, limit) {
      if (!(await isThere(accountId, endpointId))) return null;
      const [row] = await query<{ count: number }>(RESEND_SINCE, [accountId, endpointId, sinceMs, limit]);
      return row?.count ?? 0;
    },
  };
}
