/** Idempotency keys: binding one to a charge that exists, or opening the next charge with it. */
import type { KeyBinding, NextCharge } from '../ports/store.ts';
import { millisecondsOf } from './columns.ts';
import { isRetryable } from './errors.ts';
import type { Session } from './session.ts';

/** A database that lost its last commits may not know the charge any more: a key that is bound to nothing has no answer, ever. */
const BIND = `
INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
SELECT $1, $2, $3, $4, $5, false WHERE EXISTS (
  SELECT FROM payonce.operations WHERE account_id = $1 AND payment_id = $4 AND kind = 'charge' AND n = $5)
ON CONFLICT DO NOTHING
RETURNING charge_n`;

export async function bindKey(session: Session, binding: KeyBinding): Promise<'bound' | 'lost'> {
  const { payment, key, chargeN } = binding;
  const rows = await session.query(BIND, [
    payment.accountId,
    key.hash,
    key.fingerprint,
    payment.paymentId,
    chargeN,
  ]);
  return rows.length === 1 ? 'bound' : 'lost';
}

/**
 * The key first; then the payment, only if it still stands where the caller saw it; the rest follows from it. Where the
 * payment moves to another gateway, its earlier charges keep the name of the one where they were made.
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
    account_id, payment_id, kind, n, gateway_key, amount_minor, currency, method, opened_at)
  SELECT $1, $4, 'charge', $5, $15, $6, $7, $16, now() FROM p
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
  ];
  const [row] = await session
    .query<{ opened: number; now_ms: number }>(OPEN_NEXT, values)
    .catch((error: unknown) => {
      if (isRetryable(error)) return [];
      throw error;
    });
  return row?.opened === 1 ? { kind: 'opened', nowMs: row.now_ms } : { kind: 'lost' };
}
