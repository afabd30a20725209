/** What workers look for, and what they leave behind when they were too late. */

import type { DuePayments, DueQuery, Evidence, FailedCharge, PaymentKey } from '../ports/store.ts';
import { StoreError } from '../ports/store.ts';
import { millisecondsOf } from './columns.ts';
import { RECORD_TABLES, type RecordRow, recordColumns, toRecord } from './records.ts';
import type { Session } from './session.ts';

const DUE = `
SELECT ${recordColumns('$3::float8')}, ${millisecondsOf('now()')} AS now_ms FROM ${RECORD_TABLES}
WHERE p.due_at <= now() AND p.gateway = $4 AND ($2::boolean OR p.step <> 'call')
ORDER BY p.due_at LIMIT $1`;

export async function duePayments(
  session: Session,
  query: DueQuery,
  retentionMs: number,
): Promise<DuePayments> {
  const rows = await session.query<RecordRow & { now_ms: number }>(DUE, [
    query.limit,
    query.calls,
    retentionMs,
    query.gateway,
  ]);
  return { nowMs: rows[0]?.now_ms ?? 0, payments: rows.map(toRecord) };
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
SELECT n, gateway_key, amount_minor::float8 AS amount_minor, currency FROM payonce.operations
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
  }>(FAILED_CHARGES, [payment.accountId, payment.paymentId, limit]);
  return rows.map((row) => ({
    n: row.n,
    chargeKey: row.gateway_key,
    amountMinor: row.amount_minor,
    currency: row.currency,
  }));
}

const ERASE = `
UPDATE payonce.operations SET answer = NULL
WHERE (account_id, payment_id, kind, n) IN (
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
