/** Idempotency keys: binds one to an existing charge, or opens the next charge with it. */
import type { KeyBinding, NextCharge } from '../ports/store.ts';
import { createBatcher } from './batcher.ts';
import { columns, millisecondsOf, numberList, readNumberList } from './columns.ts';
import { isRetryable } from './errors.ts';
import type { Session } from './session.ts';

const BINDINGS = columns<KeyBinding>([
  { name: 'account_id', type: 'text', value: ({ payment }) => payment.accountId },
  { name: 'key_hash', type: 'uuid', value: ({ key }) => key.hash },
  { name: 'fingerprint', type: 'text', value: ({ key }) => key.fingerprint },
  { name: 'payment_id', type: 'uuid', value: ({ payment }) => payment.paymentId },
  { name: 'charge_n', type: 'integer', value: ({ chargeN }) => chargeN },
]);

/**
 * Keys are inserted in their order, as in acceptance, so that two statements with the same keys cannot deadlock. A database that lost its
 * last commits may no longer have the charge. The key is then not bound, because a key that is bound to nothing would never have an answer.
 * (Charge 0 is the payment as it is.)
 */
const BIND = `
WITH i AS MATERIALIZED (
  SELECT * FROM ${BINDINGS.relation}
), k AS (
  INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
  SELECT account_id, key_hash, fingerprint, payment_id, charge_n, false FROM i
  WHERE EXISTS (
    SELECT FROM payonce.operations o WHERE o.account_id = i.account_id AND o.payment_id = i.payment_id
      AND o.kind = 'charge' AND o.n = greatest(i.charge_n, 1))
  ORDER BY account_id, key_hash
  ON CONFLICT DO NOTHING
  RETURNING account_id, key_hash
)
SELECT ${numberList('ord')} AS ords FROM i JOIN k USING (account_id, key_hash)`;

/** Returns the batched `Store.bindKey`: many requests that join one order bring one key each. */
export function createBindKey(session: Session): (binding: KeyBinding) => Promise<'bound' | 'lost'> {
  return createBatcher<KeyBinding, 'bound' | 'lost'>({
    keysOf: ({ payment, key }) => [`${payment.accountId}:${key.hash}`],
    run: async (bindings) => {
      const [row] = await session.query<{ ords: string | null }>(BIND, BINDINGS.values(bindings));
      const bound = new Set(readNumberList(row?.ords));
      return bindings.map((_binding, index) => (bound.has(index + 1) ? 'bound' : 'lost'));
    },
  });
}

/**
 * Writes the key first, then the payment, if it has not changed since the caller read it, then the rest. If the payment moves to another
 * gateway, its earlier charges keep the name of the gateway where they were made.
 */
const OPEN_NEXT = `
WITH k AS (
  INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
  VALUES ($1, $2, $3, $4, $5, true)
  ON CONFLICT DO NOTHING
  RETURNING charge_n
), p AS (
  UPDATE payonce.payments AS p SET
    gateway = $17, amount_minor = $6, currency = $7, metadata = $8, charge_n = $5, status = 'PROCESSING',
    step = CASE WHEN $9::boolean THEN 'verify' ELSE 'call' END,
    attempts = ($10::boolean AND NOT $9)::int, doubt = 'none', doubt_until = NULL,
    first_sent_at = CASE WHEN $10 AND NOT $9 THEN now() END, decline_code = NULL, lookups = 0,
    unresolved_since = NULL, failure_code = NULL, gateway_ref = NULL, seq = p.seq + 1, fence = p.fence + 1,
    claim_id = $11, held = $10, due_at = now() + $12::float8 * interval '1 ms',
    timer_at = now() + $12::float8 * interval '1 ms', updated_at = greatest(p.updated_at, now())
  WHERE p.account_id = $1 AND p.order_id = $13 AND p.payment_id = $4 AND p.seq = $14 AND p.status = 'FAILED'
    AND p.charge_n = $5 - 1 AND p.evidence = 0 AND EXISTS (SELECT FROM k)
  RETURNING p.seq, p.attempts
), o AS (
  INSERT INTO payonce.operations (
    account_id, payment_id, kind, n, gateway_key, amount_minor, currency, method, opened_at, give_up_after_s)
  SELECT $1, $4, 'charge', $5, $15, $6, $7, $16, now(), $18 FROM p
), elsewhere AS (
  UPDATE payonce.operations AS o SET gateway = before.gateway
  FROM (SELECT gateway FROM payonce.payments WHERE account_id = $1 AND order_id = $13) before
  WHERE o.account_id = $1 AND o.payment_id = $4 AND o.gateway IS NULL AND before.gateway <> $17
    AND EXISTS (SELECT FROM p)
), e AS (
  INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
  SELECT $1, $4, p.seq, 'charge.opened', 'PROCESSING', $5, p.attempts, now() FROM p
)
SELECT (SELECT count(*) FROM p)::int AS opened, ${millisecondsOf('now()')} AS now_ms,
  CASE WHEN EXISTS (SELECT FROM k) AND NOT EXISTS (SELECT FROM p) THEN payonce.lost_race() END AS raced`;

export async function openNextCharge(
  session: Session,
  opening: NextCharge,
): Promise<{ kind: 'opened'; nowMs: number } | { kind: 'lost' }> {
  const { order, key, start } = opening;
  const values = [
    order.accountId,
    key.hash,
    key.fingerprint,
    opening.paymentId,
    opening.n,
    order.amountMinor,
    order.currency,
    JSON.stringify(order.metadata),
    opening.verifyFirst,
    start.kind === 'claimed',
    opening.claimId,
    start.kind === 'claimed' ? start.leaseMs : start.waitMs,
    order.orderId,
    opening.expected.seq,
    opening.chargeKey,
    order.method ?? null,
    opening.gateway,
    opening.giveUpAfterS,
  ];
  const [row] = await session
    .query<{ opened: number; now_ms: number }>(OPEN_NEXT, values)
    .catch((error: unknown) => {
      if (isRetryable(error)) return [];
      throw error;
    });
  return row?.opened === 1 ? { kind: 'opened', nowMs: row.now_ms } : { kind: 'lost' };
}
