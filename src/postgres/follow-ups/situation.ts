/** Reads the current state of a key, a follow-up, its payment and the sums, in one statement. */
import type {
  FollowUpRecord,
  FollowUpSituation,
  FollowUpSituationQuery,
  PaymentRecord,
  PaymentSums,
} from '../../ports/store.ts';
import { millisecondsOf } from '../columns.ts';
import { ANY_AGE, type RecordRow, recordColumns, recordTables, toRecord } from '../records.ts';
import type { Session } from '../session.ts';
import { SUMS, type SumsRow, toSums } from './reads.ts';
import { type FollowUpRow, followUpColumns, followUpsOf, NO_FOLLOW_UP, toFollowUp } from './records.ts';

/** One row for the payment and one for the follow-up, each with the key and the sums; a row with neither if there is none. */
const SITUATION = `
SELECT ${millisecondsOf('now()')} AS now_ms, r.fingerprint AS key_fingerprint, r.started AS key_started, ${SUMS}, found.*
FROM (SELECT $1::text AS account, $2::uuid AS payment) i
LEFT JOIN payonce.follow_up_requests r ON r.account_id = i.account AND r.key_hash = $5::uuid
LEFT JOIN payonce.payment_sums s ON s.account_id = i.account AND s.payment_id = i.payment
LEFT JOIN LATERAL (
  SELECT ${recordColumns(ANY_AGE)}, ${NO_FOLLOW_UP} FROM ${recordTables()}
  WHERE p.account_id = i.account AND p.payment_id = i.payment
  UNION ALL
  SELECT ${followUpColumns('$6::float8')} FROM ${followUpsOf()}
  WHERE f.account_id = i.account AND f.follow_up_id = coalesce(r.follow_up_id, (
    SELECT follow_up_id FROM payonce.follow_ups
    WHERE account_id = i.account AND payment_id = i.payment AND kind = $3 AND name = $4),
    CASE WHEN $3 IN ('capture', 'void') THEN s.exclusive_id END)
) found ON true`;

interface HeadRow {
  readonly now_ms: number;
  readonly key_fingerprint: string | null;
  readonly key_started: boolean;
}
type FoundRow = { readonly payment_id: null } | (RecordRow & { readonly follow_up_id: null }) | FollowUpRow;
type SituationRow = HeadRow & (SumsRow | { readonly captured_minor: null }) & FoundRow;

export async function followUpSituation(
  session: Session,
  query: FollowUpSituationQuery,
  retentionMs: number,
): Promise<FollowUpSituation> {
  const { accountId, paymentId, kind, name, keyHash } = query;
  const values = [accountId, paymentId, kind, name, keyHash, retentionMs];
  const rows = await session.query<SituationRow>(SITUATION, values);
  const [head] = rows;
  if (head === undefined)
    throw new Error('The database returned no row for a refund. Nothing was sent. Report this as a bug.');
  let payment: PaymentRecord | null = null;
  let followUp: FollowUpRecord | null = null;
  for (const row of rows) {
    if (row.payment_id === null) continue;
    if (row.follow_up_id === null) payment = toRecord(row);
    else followUp = toFollowUp(row);
  }
  const { now_ms: nowMs, key_fingerprint: fingerprint, key_started: started } = head;
  const key = fingerprint === null ? null : { fingerprint, started };
  const sums = head.captured_minor === null ? untouched(paymentId, payment) : toSums(paymentId, head);
  return { nowMs, key, followUp, payment, sums };
}

/** Of a payment that never had a follow-up. */
function untouched(paymentId: string, payment: PaymentRecord | null): PaymentSums {
  const capturedMinor = payment?.operation.status === 'COMPLETED' ? payment.order.amountMinor : 0;
  return { paymentId, capturedMinor, refundingMinor: 0, refundedMinor: 0, elsewhereMinor: 0, absences: 0 };
}
