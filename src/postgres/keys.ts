/** Idempotency keys: binds one to an existing charge, or opens the next charge with it. */
import type { KeyBinding, NextCharge } from '../ports/store.ts';
import { createBatcher } from './batcher.ts';
import { type Column, columns, millisecondsOf, numberList, readNumberList } from './columns.ts';
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

const OPENING: readonly Column<NextCharge>[] = [
  { name: 'account_id', type: 'text', value: ({ order }) => order.accountId },
  { name: 'order_id', type: 'text', value: ({ order }) => order.orderId },
  { name: 'payment_id', type: 'uuid', value: (o) => o.paymentId },
  { name: 'expected_seq', type: 'integer', value: (o) => o.expected.seq },
  { name: 'n', type: 'integer', value: (o) => o.n },
  { name: 'key_hash', type: 'uuid', value: ({ key }) => key.hash },
  { name: 'fingerprint', type: 'text', value: ({ key }) => key.fingerprint },
  { name: 'amount_minor', type: 'bigint', value: ({ order }) => order.amountMinor },
  { name: 'currency', type: 'text', value: ({ order }) => order.currency },
  { name: 'method', type: 'text', value: ({ order }) => order.method ?? null },
  { name: 'metadata', type: 'jsonb', value: ({ order }) => JSON.stringify(order.metadata) },
  { name: 'gateway', type: 'text', value: (o) => o.gateway },
  { name: 'gateway_key', type: 'uuid', value: (o) => o.chargeKey },
  { name: 'claim_id', type: 'uuid', value: (o) => o.claimId },
  { name: 'give_up_after_s', type: 'integer', value: (o) => o.giveUpAfterS },
  { name: 'opened_wall_ms', type: 'float8', value: (o) => o.openedWallMs },
  { name: 'step', type: 'text', value: (o) => (o.verifyFirst ? 'verify' : 'call') },
  { name: 'held', type: 'boolean', value: ({ start }) => start.kind === 'claimed' },
  { name: 'calling', type: 'boolean', value: (o) => o.start.kind === 'claimed' && !o.verifyFirst },
  {
    name: 'due_ms',
    type: 'float8',
    value: ({ start }) => (start.kind === 'claimed' ? start.leaseMs : start.waitMs),
  },
];

const DUE_AT = `now() + i.due_ms * interval '1 ms'`;

/**
 * `relation`: what `OPENING` makes of the charge. `more`: a column of operations that only charges with manual capture have, with the comma
 * before it.
 *
 * Writes the key first, then the payment, if it has not changed since the caller read it, then the rest. If the payment moves to another
 * gateway, its earlier charges keep the name of the gateway where they were made.
 */
const openNext = (relation: string, more: string): string => `
WITH i AS MATERIALIZED (
  SELECT * FROM ${relation}
), k AS (
  INSERT INTO payonce.requests (account_id, key_hash, fingerprint, payment_id, charge_n, started)
  SELECT account_id, key_hash, fingerprint, payment_id, n, true FROM i
  ON CONFLICT DO NOTHING
  RETURNING charge_n
), p AS (
  UPDATE payonce.payments AS p SET
    gateway = i.gateway, amount_minor = i.amount_minor, currency = i.currency, metadata = i.metadata,
    charge_n = i.n, status = 'PROCESSING', step = i.step, attempts = i.calling::int,
    doubt = 'none', doubt_until = NULL, first_sent_at = CASE WHEN i.calling THEN now() END, decline_code = NULL,
    lookups = 0, unresolved_since = NULL, failure_code = NULL, gateway_ref = NULL, seq = p.seq + 1,
    fence = p.fence + 1, claim_id = i.claim_id, held = i.held, due_at = ${DUE_AT}, timer_at = ${DUE_AT},
    updated_at = greatest(p.updated_at, now())
  FROM i
  WHERE p.account_id = i.account_id AND p.order_id = i.order_id AND p.payment_id = i.payment_id
    AND p.seq = i.expected_seq AND p.status = 'FAILED'
    AND p.charge_n = i.n - 1 AND p.evidence = 0 AND EXISTS (SELECT FROM k)
  RETURNING p.seq, p.attempts
), o AS (
  INSERT INTO payonce.operations (
    account_id, payment_id, kind, n, gateway_key, amount_minor, currency, method, opened_at, opened_wall_ms,
    give_up_after_s${more})
  SELECT account_id, payment_id, 'charge', n, gateway_key, amount_minor, currency, method, now(), opened_wall_ms,
    give_up_after_s${more}
  FROM i WHERE EXISTS (SELECT FROM p)
), elsewhere AS (
  UPDATE payonce.operations AS o SET gateway = before.gateway
  FROM i JOIN payonce.payments before ON before.account_id = i.account_id AND before.order_id = i.order_id
  WHERE o.account_id = i.account_id AND o.payment_id = i.payment_id AND o.gateway IS NULL
    AND before.gateway <> i.gateway AND EXISTS (SELECT FROM p)
), e AS (
  INSERT INTO payonce.events (account_id, payment_id, seq, type, status, charge_n, attempts, at)
  SELECT account_id, payment_id, p.seq, 'charge.opened', 'PROCESSING', n, p.attempts, now() FROM i CROSS JOIN p
)
SELECT (SELECT count(*) FROM p)::int AS opened, ${millisecondsOf('now()')} AS now_ms,
  CASE WHEN EXISTS (SELECT FROM k) AND NOT EXISTS (SELECT FROM p) THEN payonce.lost_race() END AS raced`;

const AUTOMATIC = columns<NextCharge>(OPENING);
const OPEN_NEXT = openNext(AUTOMATIC.relation, '');
/** Apart from the other one, so that automatic charges pay nothing for it. */
const MANUAL = columns<NextCharge>([
  ...OPENING,
  { name: 'capture_method', type: 'text', value: ({ order }) => order.captureMethod ?? null },
]);
const OPEN_NEXT_MANUAL = openNext(MANUAL.relation, ', capture_method');

export async function openNextCharge(
  session: Session,
  opening: NextCharge,
): Promise<{ kind: 'opened'; nowMs: number } | { kind: 'lost' }> {
  const [statement, list] =
    opening.order.captureMethod === undefined ? [OPEN_NEXT, AUTOMATIC] : [OPEN_NEXT_MANUAL, MANUAL];
  const [row] = await session
    .query<{ opened: number; now_ms: number }>(statement, list.values([opening]))
    .catch((error: unknown) => {
      if (isRetryable(error)) return [];
      throw error;
    });
  return row?.opened === 1 ? { kind: 'opened', nowMs: row.now_ms } : { kind: 'lost' };
}
