/** Endpoints, as the API reads and writes them. Each change is one statement. */
import type { EndpointBooks } from '../../ports/outgoing.ts';
import { sqlState } from '../errors.ts';
import type { Session } from '../session.ts';
import { EARLIER, ENDPOINT, type EndpointRow, endpointOf, IS_THE_ENDPOINT } from './rows.ts';

/**
 * While no endpoint is enabled, nobody looks at the audit trails. So the first one that is enabled begins with what happens from now on. Two at once
 * both set the same.
 */
const FROM_NOW_ON = `c AS (
  UPDATE payonce.webhook_cursor SET before_xid = pg_snapshot_xmin(pg_current_snapshot())::text::bigint, seen_at = now()
  WHERE NOT EXISTS (SELECT FROM payonce.webhook_endpoints WHERE status = 'ENABLED' AND deleted_at IS NULL)`;

const CREATE = `
WITH ${FROM_NOW_ON}
)
INSERT INTO payonce.webhook_endpoints AS e (account_id, endpoint_id, url, description, event_types, secret)
SELECT $1, $2::uuid, $3, $4, string_to_array($5, ' '), $6
WHERE (SELECT count(*) FROM payonce.webhook_endpoints WHERE account_id = $1 AND deleted_at IS NULL) < $7::int
RETURNING ${ENDPOINT}`;

const LIST = `
SELECT ${ENDPOINT} FROM payonce.webhook_endpoints e
WHERE e.account_id = $1 AND e.deleted_at IS NULL AND ($2::uuid IS NULL OR e.endpoint_id < $2::uuid)
ORDER BY e.endpoint_id DESC LIMIT $3::int`;

const FIND = `SELECT ${ENDPOINT} FROM payonce.webhook_endpoints e WHERE ${IS_THE_ENDPOINT}`;

/** Whoever enables it or gives it another address begins anew: nobody waits for the pause of the old one. */
const UPDATE = `
WITH ${FROM_NOW_ON} AND $8::boolean
)
UPDATE payonce.webhook_endpoints e SET
  url = coalesce($3, e.url), description = coalesce($4, e.description),
  event_types = CASE WHEN $5::boolean THEN string_to_array($6, ' ') ELSE e.event_types END,
  status = CASE WHEN $7::boolean IS NULL THEN e.status WHEN $7::boolean THEN 'ENABLED' ELSE 'DISABLED' END,
  disabled_reason = CASE WHEN $7::boolean IS NULL THEN e.disabled_reason WHEN NOT $7::boolean THEN 'by_request' END,
  failures = CASE WHEN $7::boolean OR $3 IS NOT NULL THEN 0 ELSE e.failures END,
  blocked_until = CASE WHEN $7::boolean OR $3 IS NOT NULL THEN NULL ELSE e.blocked_until END,
  updated_at = now()
WHERE ${IS_THE_ENDPOINT}
RETURNING ${ENDPOINT}`;

const REMOVE = `
WITH e AS (
  UPDATE payonce.webhook_endpoints e
  SET deleted_at = now(), status = 'DISABLED', disabled_reason = 'by_request', secret = '', earlier_secrets = '[]'
  WHERE ${IS_THE_ENDPOINT} RETURNING e.account_id, e.endpoint_id
), d AS (
  UPDATE payonce.webhook_deliveries d SET status = 'DEAD', due_at = NULL, claim_id = NULL, ended_at = now()
  FROM e WHERE d.account_id = e.account_id AND d.endpoint_id = e.endpoint_id AND d.due_at IS NOT NULL
)
SELECT true AS removed FROM e`;

/** More than this sign no event: the oldest ends then. */
const MOST_EARLIER = 15;

/** Without an overlap all earlier secrets end: somebody else has one. */
const ROTATE = `
UPDATE payonce.webhook_endpoints e SET secret = $3, updated_at = now(), earlier_secrets = CASE WHEN $4::float8 > 0
  THEN jsonb_build_array(jsonb_build_object('secret', e.secret, 'until', i.until))
    || (SELECT coalesce(jsonb_agg(one ORDER BY n), '[]') FROM ${EARLIER} AND n < ${MOST_EARLIER})
  ELSE '[]' END
FROM (SELECT now() + $4::float8 * interval '1 ms' AS until) i
WHERE ${IS_THE_ENDPOINT}
RETURNING ${ENDPOINT}`;

type Endpoints = Pick<EndpointBooks, 'create' | 'list' | 'find' | 'update' | 'remove' | 'rotate'>;

export function endpoints({ query }: Pick<Session, 'query'>): Endpoints {
  const one = async (text: string, values: unknown[]) => {
    const [row] = await query<EndpointRow>(text, values);
    return row === undefined ? null : endpointOf(row);
  };
  return {
    async create({ accountId, endpointId, url, description, eventTypes, secret }, most) {
      const values = [accountId, endpointId, url, description, eventTypes?.join(' ') ?? null, secret, most];
      return unlessTaken(async () => (await one(CREATE, values)) ?? 'too_many');
    },
    async list(accountId, { limit, before }) {
      return (await query<EndpointRow>(LIST, [accountId, before, limit])).map(endpointOf);
    },
    find: ({ accountId, endpointId }) => one(FIND, [accountId, endpointId]),
    update({ accountId, endpointId }, { url, description, eventTypes, enabled }) {
      const types = eventTypes?.join(' ') ?? null;
      const values = [
        accountId,
        endpointId,
        url ?? null,
        description ?? null,
        eventTypes !== undefined,
        types,
      ];
      return unlessTaken(() => one(UPDATE, [...values, enabled ?? null, enabled === true]));
    },
    async remove({ accountId, endpointId }) {
      return (await query<object>(REMOVE, [accountId, endpointId])).length === 1 ? true : null;
    },
    rotate: ({ accountId, endpointId }, secret, overlapMs) =>
      one(ROTATE, [accountId, endpointId, secret, overlapMs]),
  };
}

/** The account has an endpoint with this URL. */
async function unlessTaken<T>(write: () => Promise<T>): Promise<T | 'exists'> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Error && sqlState(error.cause) === '23505') return 'exists';
    throw error;
  }
}
