/**
 * Opens a follow-up in one statement: its key, its share of the payment's sums, itself and its first event.
 *
 * The bound is a condition on the row of sums, and on nothing else. PostgreSQL locks this row and then compares it as it is, even if
 * another transaction has just changed it. So two follow-ups that are opened at once never get more than there is. (A condition on
 * another row would be compared as it was when the statement began.) What somebody else refunded counts only if the gateway is not asked first.
 * In the same way, of a capture and a void that are opened at once only one finds the row without a mark.
 *
 * The order is the same for all: first the key, then the sums, then the rest. So two openings cannot deadlock, and of two with the same
 * name the second one waits for the sums. If something was written and the rest cannot be, the statement aborts itself.
 */
import { isExclusive } from '../../domain/effects.ts';
import type { EventType } from '../../domain/events.ts';
import type { FollowUpIntent, FollowUpOpened } from '../../ports/store.ts';
import { type Column, columns, millisecondsOf } from '../columns.ts';
import { isRetryable } from '../errors.ts';
import type { Session } from '../session.ts';
import { advanceStatement } from './advance.ts';

const COLUMNS: readonly Column<FollowUpIntent>[] = [
  { name: 'account_id', type: 'text', value: (i) => i.payment.accountId },
  { name: 'order_id', type: 'text', value: (i) => i.payment.orderId },
  { name: 'payment_id', type: 'uuid', value: (i) => i.payment.paymentId },
  { name: 'installation_id', type: 'uuid', value: (i) => i.installationId },
  { name: 'follow_up_id', type: 'uuid', value: (i) => i.terms.id },
  { name: 'kind', type: 'text', value: (i) => i.kind },
  { name: 'name', type: 'text', value: (i) => i.terms.name },
  { name: 'naming_key', type: 'uuid', value: (i) => i.terms.keyHash },
  { name: 'charge_ref', type: 'text', value: (i) => i.terms.chargeRef },
  { name: 'asked_minor', type: 'bigint', value: (i) => i.terms.askedMinor },
  { name: 'amount_minor', type: 'bigint', value: (i) => i.amountMinor },
  { name: 'currency', type: 'text', value: (i) => i.currency },
  { name: 'reason', type: 'text', value: (i) => i.terms.reason },
  { name: 'metadata', type: 'jsonb', value: (i) => JSON.stringify(i.metadata) },
  { name: 'gateway', type: 'text', value: (i) => i.gateway },
  { name: 'gateway_key', type: 'uuid', value: (i) => i.gatewayKey },
  { name: 'key_hash', type: 'uuid', value: (i) => i.key?.hash ?? null },
  { name: 'fingerprint', type: 'text', value: (i) => i.key?.fingerprint ?? null },
  { name: 'claim_id', type: 'uuid', value: (i) => i.claimId },
  { name: 'expected_absences', type: 'integer', value: (i) => i.expected.absences },
  { name: 'step', type: 'text', value: (i) => (i.verifyFirst ? 'verify' : 'call') },
  { name: 'held', type: 'boolean', value: (i) => i.start.kind === 'claimed' },
  { name: 'calling', type: 'boolean', value: (i) => i.start.kind === 'claimed' && !i.verifyFirst },
  {
    name: 'due_ms',
    type: 'float8',
    value: ({ start }) => (start.kind === 'claimed' ? start.leaseMs : start.waitMs),
  },
  { name: 'event_type', type: 'text', value: (i) => `${i.kind}.created` satisfies EventType },
];

/**
 * What the snapshot shows to exist is left out at the start, so that the usual loser aborts nothing. `relation`: what the columns make of it.
 * `sums`: what it writes to the row of sums, if it may be opened.
 */
const open = (relation: string, sums: string): string => `
WITH i AS MATERIALIZED (
  SELECT i.* FROM ${relation}
  WHERE i.installation_id = (SELECT installation_id FROM payonce.installation)
    AND NOT EXISTS (
      SELECT FROM payonce.follow_ups f WHERE f.account_id = i.account_id AND f.payment_id = i.payment_id
        AND f.kind = i.kind AND f.name = i.name)
), k AS (
  INSERT INTO payonce.follow_up_requests (account_id, key_hash, fingerprint, payment_id, follow_up_id, started)
  SELECT account_id, key_hash, fingerprint, payment_id, follow_up_id, true FROM i WHERE key_hash IS NOT NULL
  ON CONFLICT DO NOTHING
  RETURNING 1
), s AS (
${sums}), f AS (
  INSERT INTO payonce.follow_ups (
    account_id, order_id, payment_id, follow_up_id, kind, name, key_hash, charge_ref, asked_minor, amount_minor,
    currency, reason, metadata, gateway, gateway_key, status, step, attempts, doubt, first_sent_at, lookups, seq,
    fence, claim_id, held, due_at, evidence, created_at, updated_at)
  SELECT account_id, order_id, payment_id, follow_up_id, kind, name, naming_key, charge_ref, asked_minor, amount_minor,
    currency, reason, metadata, gateway, gateway_key, 'PROCESSING', step, calling::int, 'none',
    CASE WHEN calling THEN now() END, 0, 1, 1, claim_id, held, now() + due_ms * interval '1 ms', 0, now(), now()
  FROM i WHERE EXISTS (SELECT FROM s)
  ON CONFLICT DO NOTHING
  RETURNING account_id, follow_up_id, attempts
), e AS (
  INSERT INTO payonce.follow_up_events (account_id, follow_up_id, seq, type, status, attempts, at)
  SELECT account_id, follow_up_id, 1, (SELECT event_type FROM i), 'PROCESSING', attempts, now() FROM f
)
SELECT (SELECT count(*) FROM f)::int AS opened, ${millisecondsOf('now()')} AS now_ms,
  CASE WHEN NOT EXISTS (SELECT FROM f) AND (EXISTS (SELECT FROM k) OR EXISTS (SELECT FROM s))
    THEN payonce.lost_race() END AS raced`;

/** A refund takes its amount from what is left. */
const SHARING = columns<FollowUpIntent>(COLUMNS);
const OPEN = open(
  SHARING.relation,
  `  INSERT INTO payonce.payment_sums AS s (account_id, payment_id, captured_minor, refunding_minor)
  SELECT i.account_id, i.payment_id, p.amount_minor, i.amount_minor
  FROM i JOIN payonce.payments p
    ON p.account_id = i.account_id AND p.order_id = i.order_id AND p.payment_id = i.payment_id
  WHERE p.status = 'COMPLETED' AND i.amount_minor <= p.amount_minor
    AND (i.key_hash IS NULL OR EXISTS (SELECT FROM k))
    AND (i.expected_absences = 0 OR EXISTS (
      SELECT FROM payonce.payment_sums before
      WHERE before.account_id = i.account_id AND before.payment_id = i.payment_id))
  ON CONFLICT (account_id, payment_id) DO UPDATE SET refunding_minor = s.refunding_minor + excluded.refunding_minor
  WHERE s.captured_minor - s.refunding_minor - s.refunded_minor
      - CASE WHEN (SELECT step FROM i) = 'verify' THEN 0 ELSE s.elsewhere_minor END >= excluded.refunding_minor
    AND s.absences = (SELECT expected_absences FROM i)
  RETURNING 1
`,
);

/** A capture or a void is the only one. The amount that it moves is written when it has succeeded. */
const EXCLUSIVE = columns<FollowUpIntent>([
  ...COLUMNS,
  { name: 'expected_n', type: 'integer', value: (i) => i.exclusive?.after ?? 0 },
]);
const OPEN_EXCLUSIVE = open(
  EXCLUSIVE.relation,
  `  INSERT INTO payonce.payment_sums AS s (account_id, payment_id, captured_minor, exclusive_id, exclusive_n)
  SELECT i.account_id, i.payment_id, 0, i.follow_up_id, 1
  FROM i JOIN payonce.payments p
    ON p.account_id = i.account_id AND p.order_id = i.order_id AND p.payment_id = i.payment_id
  WHERE p.status = 'AUTHORIZED' AND i.amount_minor <= p.amount_minor
    AND (i.key_hash IS NULL OR EXISTS (SELECT FROM k))
    AND (i.expected_n = 0 OR EXISTS (
      SELECT FROM payonce.payment_sums before
      WHERE before.account_id = i.account_id AND before.payment_id = i.payment_id))
  ON CONFLICT (account_id, payment_id) DO UPDATE SET
    exclusive_id = excluded.exclusive_id, exclusive_n = s.exclusive_n + 1
  WHERE s.exclusive_id IS NULL AND s.captured_minor = 0 AND s.exclusive_n = (SELECT expected_n FROM i)
  RETURNING 1
`,
);

export async function openFollowUp(session: Session, intent: FollowUpIntent): Promise<FollowUpOpened> {
  // The outcome of a call could not be stored, so none is started.
  const refused = session.refusalOf(advanceStatement(intent.kind));
  if (refused !== null) throw refused;
  const [statement, list] = isExclusive(intent.kind) ? [OPEN_EXCLUSIVE, EXCLUSIVE] : [OPEN, SHARING];
  const [row] = await session
    .query<{ opened: number; now_ms: number }>(statement, list.values([intent]))
    .catch((error: unknown) => {
      if (isRetryable(error)) return [];
      throw error;
    });
  if (row?.opened !== 1) return { kind: 'lost' };
  session.wrote(1);
  return { kind: 'opened', nowMs: row.now_ms };
}
