/** What workers look for, and what they leave behind when they were too late. */

import type { DuePayments, DueQuery, Evidence, FailedCharge, PaymentKey } from '../ports/store.ts';
import { StoreError } from '../ports/store.ts';
import { millisecondsOf } from './columns.ts';
import { type RecordRow, recordColumns, recordTables, toRecord } from './records.ts';
import type { Session } from './session.ts';

const DUE = `
SELECT clock.now_ms, found.* FROM (SELECT ${millisecondsOf('now()')} AS now_ms) clock LEFT JOIN (
  SELECT ${recordColumns('$3::float8')} FROM ${recordTables(`(
    SELECT * FROM payonce.payments
    WHERE due_at <= now() AND gateway = $4 AND ($2::boolean OR step <> 'call')
    ORDER BY due_at LIMIT $1)`)}) found ON true
ORDER BY found.due_at`;

export async function duePayments(
  session: Session,
  query: DueQuery,
  retentionMs: number,
): Promise<DuePayments> {
  // One row with nothing but the clock where nothing is due.
  const rows = await session.query<(RecordRow | { payment_id: null }) & { now_ms: number }>(DUE, [
    query.limit,
    query.calls,
    retentionMs,
    query.gateway,
  ]);
  const payments = rows.flatMap((row) => (row.payment_id === null ? [] : [toRecord(row)]));
  return { nowMs: rows[0]?.now_ms ?? 0, payments };
}

/** Unfenced on purpose: it changes no state, and a holder's lease is left as it is. */
const ADD_EVIDENCE = `
WITH kept AS (
  INSERT INTO payonce.evidence (account_id, payment_id, charge_n, outcome) VALUES ($1, $2, $3, $4)
)
UPDATE payonce.payments SET evidence = evidence + 1, due_at = CASE WHEN held THEN due_at ELSE now() END
WHERE account_id = $1 AND order_id = $5 AND payment_id = $2`;

export async function addEvidence(session: Session, evidence: Evidence): Promise<void> {
  const { payment, chargeN, outcome } = evidence;
  await session.query(ADD_EVIDENCE, [
    payment.accountId,
    payment.paymentId,
    chargeN,
    JSON.stringify(outcome),
    payment.orderId,
  ]);
}

const FAILED_CHARGES = `
SELECT n, gateway_key, amount_minor::float8 AS amount_minor, currency, EXISTS (
    SELECT FROM payonce.evidence e
    WHERE e.account_id = o.account_id AND e.payment_id = o.payment_id AND e.charge_n = o.n) AS evidence
FROM payonce.operations o
WHERE account_id = $1 AND payment_id = $2 AND kind = 'charge' AND outcome = 'FAILED'
ORDER BY n DESC LIMIT $3`;

export async function failedCharges(
  session: Session,
  payment: PaymentKey,
  limit: number,
): Promise<readonly FailedCharge[]> {
  const rows = await session.query<{
    n: number;
    gateway_key: string;
    amount_minor: number;
    currency: string;
    evidence: boolean;
  }>(FAILED_CHARGES, [payment.accountId, payment.paymentId, limit]);
  return rows.map((row) => ({
    n: row.n,
    chargeKey: row.gateway_key,
    amountMinor: row.amount_minor,
    currency: row.currency,
    evidence: row.evidence,
  }));
}

/** Asked of the row itself once more, so that of two that erase at once only one counts it. */
const ERASE = `
UPDATE payonce.operations SET answer = NULL
WHERE answer IS NOT NULL AND (account_id, payment_id, kind, n) IN (
  SELECT account_id, payment_id, kind, n FROM payonce.operations
  WHERE answer IS NOT NULL AND settled_at < now() - $1::float8 * interval '1 ms'
  ORDER BY settled_at LIMIT $2)
RETURNING n`;

/** Erases the bodies only: key, fingerprint and operation stay for good. */
export async function eraseExpiredAnswers(
  session: Session,
  retentionMs: number,
  limit: number,
): Promise<number> {
  const rows = await session.query(ERASE, [retentionMs, limit]);
  return rows.length;
}

export async function installationId(session: Session): Promise<string> {
  const rows = await session.query<{ installation_id: string }>(
    'SELECT installation_id FROM payonce.installation',
    [],
  );
  const id = rows[0]?.installation_id;
  if (id === undefined)
    throw new StoreError(
      'unavailable',
      'The table payonce.installation is empty; restore it from the backup.',
    );
  return id;
}
