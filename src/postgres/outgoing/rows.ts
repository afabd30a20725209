/** How endpoints and deliveries are read. */
import type { Attempt, Delivery, Endpoint } from '../../ports/outgoing.ts';
import { millisecondsOf } from '../columns.ts';

/** The secrets of the row `e` that still sign besides the last one: each is `one`, and its place is `n`. */
export const EARLIER = `
jsonb_array_elements(e.earlier_secrets) WITH ORDINALITY AS s(one, n) WHERE (one ->> 'until')::timestamptz > now()`;

/** Of the row `e`. */
export const ENDPOINT = `
e.account_id AS "accountId", e.endpoint_id AS "endpointId", e.url, e.description, array_to_string(e.event_types, ' ') AS types, e.status,
e.disabled_reason AS "disabledReason", e.failures, ${millisecondsOf('e.blocked_until')} AS "blockedUntilMs",
(SELECT ${millisecondsOf("max((one ->> 'until')::timestamptz)")} FROM ${EARLIER}) AS "previousUntilMs",
${millisecondsOf('e.created_at')} AS "createdAtMs", ${millisecondsOf('e.updated_at')} AS "updatedAtMs"`;

export type EndpointRow = Omit<Endpoint, 'eventTypes'> & { readonly types: string | null };

export function endpointOf({ types, ...row }: EndpointRow): Endpoint {
  return { ...row, eventTypes: types === null ? null : types.split(' ') };
}

/** The conditions for the endpoint `e` with the key in the first two parameters. */
export const IS_THE_ENDPOINT = 'e.account_id = $1 AND e.endpoint_id = $2::uuid AND e.deleted_at IS NULL';

/** Of the row `d`. */
export const DELIVERY = `
d.event_id AS "eventId", d.event_type AS type, d.payment_id AS "paymentId", ${millisecondsOf('d.happened_at')} AS "happenedAtMs", d.status,
d.attempts, ${millisecondsOf('d.due_at')} AS "dueAtMs", ${millisecondsOf('d.ended_at')} AS "endedAtMs", d.ord`;

export type DeliveryRow = Delivery;

export const ATTEMPT = `a.n, ${millisecondsOf('a.at')} AS "atMs", a.took_ms AS "tookMs", a.status, a.answer, a.error`;

export type AttemptRow = Attempt;
