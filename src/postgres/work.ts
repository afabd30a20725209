/** The evidence of workers that lost their lease, and reads of a payment's other charges. */
import {
  type ChargeName,
  type ChargePage,
  type ChargeToVerify,
  type Evidence,
  type PaymentKey,
  type StoredAnswer,
  StoreError,
} from '../ports/store.ts';
import { millisecondsOf } from './columns.ts';
import { type AnswerRow, answerColumns, storedAnswer } from './records.ts';
import type { Session } from './session.ts';
import { safeInteger } from './types.ts';

/** It is unfenced on purpose: it changes no state and no lease. */
const ADD_EVIDENCE = `
WITH kept AS (
  INSERT INTO payonce.evidence (account_id, payment_id, charge_n, outcome) VALUES ($1, $2, $3, $4)
)
UPDATE payonce.payments SET evidence = evidence + 1, due_at = CASE WHEN held THEN due_at ELSE now() END,
  timer_at = CASE WHEN held THEN timer_at ELSE now() END
WHERE account_id = $1 AND order_id = $5 AND payment_id = $2
RETURNING payment_id`;

export async function addEvidence(session: Session, evidence: Evidence): Promise<'kept' | 'no_payment'> {
  const { payment, chargeN, outcome } = evidence;
  const rows = await session.query(ADD_EVIDENCE, [
    payment.accountId,
    payment.paymentId,
    chargeN,
    JSON.stringify(outcome),
    payment.orderId,
  ]);
  return rows.length === 1 ? 'kept' : 'no_payment';
}

/** Whether evidence `e` is about money that moved. */
export const OF_MONEY = `e.outcome->>'kind' IN ('approved', 'mismatch', 'pending')`;

/** The gateway's id. Older releases stored it as `chargeId`. */
const REF = `coalesce(e.outcome->>'ref', e.outcome->>'chargeId')`;

/** By the order in which it came in: if the clock was set back, the latest date is not the last evidence. */
export const LAST_AT = '(array_agg(e.at ORDER BY e.ord DESC)';

/** A full join: evidence may also be about a charge that the database has forgotten. */
const CHARGES_TO_VERIFY = `
WITH told AS (
  SELECT e.charge_n AS n, ${LAST_AT} FILTER (WHERE ${OF_MONEY}))[1] AS money_at,
    max(${REF}) AS money_ref, ${LAST_AT} FILTER (WHERE NOT ${OF_MONEY}))[1] AS sent_until
  FROM payonce.evidence e WHERE e.account_id = $1 AND e.payment_id = $2 GROUP BY e.charge_n
), made AS (
  SELECT * FROM payonce.operations WHERE account_id = $1 AND payment_id = $2 AND kind = 'charge'
)
SELECT coalesce(o.n, told.n) AS n, coalesce(o.gateway, p.gateway) AS gateway, o.gateway_key,
  coalesce(o.amount_minor, p.amount_minor) AS amount_minor, coalesce(o.currency, p.currency) AS currency,
  ${millisecondsOf('told.money_at')} AS money_at, told.money_ref, ${millisecondsOf('told.sent_until')} AS sent_until
FROM made o FULL JOIN told ON told.n = o.n
JOIN payonce.payments p ON p.account_id = $1 AND p.payment_id = $2
WHERE coalesce(o.n, told.n) > $3 AND (told.n IS NOT NULL OR (o.outcome = 'FAILED' AND o.by_absence))
ORDER BY n LIMIT $4`;

interface ChargeToVerifyRow {
  readonly n: number;
  readonly gateway: string;
  readonly gateway_key: string | null;
  readonly amount_minor: string;
  readonly currency: string;
  readonly money_at: number | null;
  readonly money_ref: string | null;
  readonly sent_until: number | null;
}

export async function chargesToVerify(
  session: Session,
  payment: PaymentKey,
  { afterN, limit }: ChargePage,
): Promise<readonly ChargeToVerify[]> {
  const values = [payment.accountId, payment.paymentId, afterN, limit];
  const rows = await session.query<ChargeToVerifyRow>(CHARGES_TO_VERIFY, values);
  return rows.map((row) => ({
    n: row.n,
    gateway: row.gateway,
    chargeKey: row.gateway_key,
    amountMinor: safeInteger(row.amount_minor),
    currency: row.currency,
    moneyAtMs: row.money_at,
    moneyRef: row.money_ref,
    sentUntilMs: row.sent_until,
  }));
}

const ANSWER_OF = `
SELECT ${answerColumns('o', '$4::float8', '')} FROM payonce.operations o
WHERE o.account_id = $1 AND o.payment_id = $2 AND o.kind = 'charge' AND o.n = $3`;

/** Returns `Store.answerOf`. */
export async function answerOf(
  session: Session,
  payment: PaymentKey,
  chargeN: number,
  retentionMs: number,
): Promise<StoredAnswer | null> {
  const values = [payment.accountId, payment.paymentId, chargeN, retentionMs];
  const [row] = await session.query<AnswerRow>(ANSWER_OF, values);
  return row === undefined ? null : storedAnswer(row);
}

/** The newest payments of the last account, the oldest of the first, and those that are due first. Every charge is checked again before it is used. */
const SOME_CHARGES = `
SELECT p.account_id, p.order_id, p.payment_id, p.charge_n AS n, o.gateway_key FROM (
  (SELECT * FROM payonce.payments ORDER BY account_id DESC, payment_id DESC LIMIT $1)
  UNION (SELECT * FROM payonce.payments ORDER BY account_id, payment_id LIMIT $1)
  UNION (SELECT * FROM payonce.payments WHERE timer_at IS NOT NULL ORDER BY gateway, timer_at LIMIT $1)) p
JOIN payonce.operations o
  ON o.account_id = p.account_id AND o.payment_id = p.payment_id AND o.kind = 'charge' AND o.n = p.charge_n`;

interface ChargeNameRow {
  readonly account_id: string;
  readonly order_id: string;
  readonly payment_id: string;
  readonly n: number;
  readonly gateway_key: string;
}

export async function someCharges(session: Session, limit: number): Promise<readonly ChargeName[]> {
  const rows = await session.query<ChargeNameRow>(SOME_CHARGES, [limit]);
  return rows.map((row) => ({
    accountId: row.account_id,
    orderId: row.order_id,
    paymentId: row.payment_id,
    n: row.n,
    chargeKey: row.gateway_key,
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
      'The table payonce.installation is empty, so nothing was stored or sent. Restore the whole database from its backup.',
    );
  return id;
}
