/** What workers leave behind when they were too late, and what they read of earlier charges. */
import { type Evidence, type FailedCharge, type PaymentKey, StoreError } from '../ports/store.ts';
import type { Session } from './session.ts';
import { safeInteger } from './types.ts';

/** Unfenced on purpose: it changes no state, and a holder's lease is left as it is. */
const ADD_EVIDENCE = `
WITH kept AS (
  INSERT INTO payonce.evidence (account_id, payment_id, charge_n, outcome) VALUES ($1, $2, $3, $4)
)
UPDATE payonce.payments SET evidence = evidence + 1, due_at = CASE WHEN held THEN due_at ELSE now() END,
  timer_at = CASE WHEN held THEN timer_at ELSE now() END
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
SELECT n, gateway_key, amount_minor, currency, EXISTS (
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
    amount_minor: string;
    currency: string;
    evidence: boolean;
  }>(FAILED_CHARGES, [payment.accountId, payment.paymentId, limit]);
  return rows.map((row) => ({
    n: row.n,
    chargeKey: row.gateway_key,
    amountMinor: safeInteger(row.amount_minor),
    currency: row.currency,
    evidence: row.evidence,
  }));
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
