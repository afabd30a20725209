/**
 * Acceptance: key, payment, operation and first event in one statement, many orders at a time. The key goes
 * first, and a request whose key is taken leaves no row. Whatever was there before is not read here: one
 * statement sees one snapshot and could miss a row that another transaction just committed.
 *
 * Two statements that want the same keys and orders wait for each other in one sequence, so that they cannot
 * deadlock: first every key in the keys' order, then every payment in the orders' order. (The second sort also
 * keeps a payment without a key from being inserted before the keys of the others.)
 */
import type { Accepted, Intent } from '../ports/store.ts';
import { createBatcher } from './batcher.ts';
import { columns, millisecondsOf } from './columns.ts';
import type { Session } from './session.ts';

const INPUT = columns<Intent>([
  { name: 'account_id', type: 'text', value: (i) => i.order.accountId },
  { name: 'order_id', type: 'text', value: (i) => i.order.orderId },
  { name: 'payment_id', type: 'uuid', value: (i) => i.paymentId },
  { name: 'amount_minor', type: 'bigint', value: (i) => i.order.amountMinor },
  { name: 'currency', type: 'text', value: (i) => i.order.currency },
  { name: 'method', type: 'text', value: (i) => i.order.method ?? null },
  { name: 'metadata', type: 'jsonb', value: (i) => JSON.stringify(i.order.metadata) },
  { name: 'gateway', type: 'text', value: (i) => i.gateway },
  { name: 'gateway_key', type: 'uuid', value: (i) => i.chargeKey },
  { name: 'key_hash', type: 'uuid', value: (i) => i.key?.hash ?? null },
  { name: 'fingerprint', type: 'text', value: (i) => i.key?.fingerprint ?? null },
  { name: 'claim_id', type: 'uuid', value: (i) => i.claimId },
  { name: 'calling', type: 'boolean', value: (i) => i.start.kind === 'claimed' },
  {
    name: 'due_ms',
    type: 'float8',
    value: (i) => (i.start.kind === 'claimed' ? i.start.leaseMs : i.start.waitMs),
  },
]);

const ACCEPT = `
WITH fresh AS (
  SELECT i.* FROM ${INPUT.relation}
  WHERE NOT EXISTS (
    SELECT FROM payonce.payments p WHERE p.account_id = i.account_id AND p.order_id = i.order_id)
), k AS (
  INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
  SELECT account_id, key_hash, fingerprint, payment_id, 1, true FROM fresh WHERE key_hash IS NOT NULL
  ORDER BY account_id, key_hash
  ON CONFLICT DO NOTHING
  RETURNING payment_id
), p AS (
  INSERT INTO payonce.payments (
    account_id, order_id, payment_id, amount_minor, currency, metadata, gateway, charge_n, status, step,
    attempts, doubt, first_sent_at, lookups, absences, seq, fence, claim_id, held, due_at, evidence,
    created_at, updated_at)
  SELECT account_id, order_id, payment_id, amount_minor, currency, metadata, gateway, 1, 'PROCESSING', 'call',
    calling::int, 'none', CASE WHEN calling THEN now() END, 0, 0, 1, 1, claim_id, calling,
    now() + due_ms * interval '1 ms', 0, now(), now()
  FROM fresh
  WHERE key_hash IS NULL OR payment_id IN (SELECT payment_id FROM k)
  ORDER BY account_id, order_id
  ON CONFLICT DO NOTHING
  RETURNING payment_id
), o AS (
  INSERT INTO payonce.operations (
    account_id, payment_id, kind, n, gateway_key, amount_minor, currency, method, opened_at)
  SELECT account_id, payment_id, 'charge', 1, gateway_key, amount_minor, currency, method, now()
  FROM fresh WHERE payment_id IN (SELECT payment_id FROM p)
), e AS (
  INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
  SELECT account_id, payment_id, 1, 'payment.created', 'PROCESSING', 1, calling::int, now()
  FROM fresh WHERE payment_id IN (SELECT payment_id FROM p)
)
SELECT ARRAY(SELECT payment_id::text FROM p) AS accepted, ${millisecondsOf('now()')} AS now_ms,
  CASE WHEN EXISTS (SELECT FROM k WHERE payment_id NOT IN (SELECT payment_id FROM p))
       THEN payonce.lost_race() END AS raced`;

/** Returns the batched `Store.accept`. */
export function createAccept(session: Session): (intent: Intent) => Promise<Accepted> {
  return createBatcher<Intent, Accepted>({
    keysOf: (intent) => {
      const { accountId, orderId } = intent.order;
      const order = `o:${accountId}:${orderId}`;
      return intent.key === null ? [order] : [order, `k:${accountId}:${intent.key.hash}`];
    },
    run: async (intents) => {
      const rows = await session.query<{ accepted: string[]; now_ms: number }>(ACCEPT, INPUT.values(intents));
      const accepted = new Set(rows[0]?.accepted);
      const nowMs = rows[0]?.now_ms ?? 0;
      return intents.map((intent) =>
        accepted.has(intent.paymentId) ? { kind: 'accepted', nowMs } : { kind: 'exists' },
      );
    },
  });
}
