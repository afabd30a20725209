/** The reads of follow-ups and of the sums, always from the primary. */
import { isUuid } from '../../domain/ids.ts';
import type { PaymentEvent } from '../../domain/payment.ts';
import type {
  FollowUpAtGateway,
  FollowUpEventsQuery,
  FollowUpName,
  FollowUpRecord,
  FollowUpsQuery,
  PaymentSums,
  ReleasedQuery,
} from '../../ports/store.ts';
import { millisecondsOf } from '../columns.ts';
import { ANY_AGE } from '../records.ts';
import type { Session } from '../session.ts';
import { safeInteger } from '../types.ts';
import { type FollowUpRow, followUpColumns, followUpsOf, toFollowUp } from './records.ts';

const BY_ID = `
SELECT ${followUpColumns('$3::float8')} FROM ${followUpsOf()} WHERE f.account_id = $1 AND f.follow_up_id = $2`;

export async function followUpById(
  session: Session,
  accountId: string,
  id: string,
  retentionMs: number,
): Promise<FollowUpRecord | null> {
  const [row] = await session.query<FollowUpRow>(BY_ID, [accountId, id, retentionMs]);
  return row === undefined ? null : toFollowUp(row);
}

const IS_NAMED = 'f.account_id = $1 AND f.payment_id = $2 AND f.kind = $3 AND f.name = $4';

const BY_NAME = `SELECT ${followUpColumns(ANY_AGE)} FROM ${followUpsOf()} WHERE ${IS_NAMED}`;

export async function followUp(session: Session, query: FollowUpName): Promise<FollowUpRecord | null> {
  const { accountId, paymentId, kind, name } = query;
  const [row] = await session.query<FollowUpRow>(BY_NAME, [accountId, paymentId, kind, name]);
  return row === undefined ? null : toFollowUp(row);
}

/** One payment has few, so they are read by its index and then sorted, whatever the planner believes. */
const OF_PAYMENT = `(SELECT * FROM payonce.follow_ups WHERE account_id = $1 AND payment_id = $2 AND kind = $3 OFFSET 0)`;

/** Two by one id would be two names of one refund at the gateway: the newest is the one that is still under way. */
const AT_GATEWAY = `
SELECT ${followUpColumns(ANY_AGE)} FROM ${followUpsOf(OF_PAYMENT)}
WHERE ($4::uuid IS NOT NULL AND f.gateway_key = $4) OR ($4::uuid IS NULL AND f.gateway_ref = $5)
ORDER BY f.follow_up_id DESC LIMIT 1`;

export async function followUpAtGateway(
  session: Session,
  query: FollowUpAtGateway,
): Promise<FollowUpRecord | null> {
  const { accountId, paymentId, kind, gatewayKey, gatewayRef } = query;
  // Any other text is no key of ours, and the database would refuse it as a UUID.
  if (gatewayKey !== null && !isUuid(gatewayKey)) return null;
  const [row] = await session.query<FollowUpRow>(AT_GATEWAY, [
    accountId,
    paymentId,
    kind,
    gatewayKey,
    gatewayRef,
  ]);
  return row === undefined ? null : toFollowUp(row);
}

const PAGE = `
SELECT ${followUpColumns(ANY_AGE)} FROM ${followUpsOf(OF_PAYMENT)}
WHERE $5::uuid IS NULL OR f.follow_up_id < $5 ORDER BY f.follow_up_id DESC LIMIT $4`;

export async function listFollowUps(
  session: Session,
  query: FollowUpsQuery,
): Promise<readonly FollowUpRecord[]> {
  const { accountId, paymentId, kind, limit, before = null } = query;
  const rows = await session.query<FollowUpRow>(PAGE, [accountId, paymentId, kind, limit, before]);
  return rows.map(toFollowUp);
}

const RELEASED = `
SELECT ${followUpColumns('$6::float8')} FROM ${followUpsOf(OF_PAYMENT)}
WHERE f.status = 'FAILED' AND f.by_absence AND ($5::uuid IS NULL OR f.follow_up_id > $5)
ORDER BY f.follow_up_id LIMIT $4`;

export async function releasedFollowUps(
  session: Session,
  query: ReleasedQuery,
  retentionMs: number,
): Promise<readonly FollowUpRecord[]> {
  const { payment, kind, after, limit } = query;
  const values = [payment.accountId, payment.paymentId, kind, limit, after, retentionMs];
  const rows = await session.query<FollowUpRow>(RELEASED, values);
  return rows.map(toFollowUp);
}

/** If there are no such events, there is one row with nothing in it, unless the follow-up does not exist. */
const EVENTS = `
SELECT e.seq, e.type, e.status, e.attempts, e.detail, ${millisecondsOf('e.at')} AS at
FROM payonce.follow_ups f LEFT JOIN LATERAL (
  SELECT * FROM payonce.follow_up_events
  WHERE account_id = f.account_id AND follow_up_id = f.follow_up_id AND seq > $5 ORDER BY seq LIMIT $6) e ON true
WHERE ${IS_NAMED} ORDER BY e.seq`;

type EventRow = Omit<PaymentEvent, 'chargeN' | 'atMs'> & { readonly at: number };

export async function listFollowUpEvents(
  session: Session,
  query: FollowUpEventsQuery,
): Promise<readonly PaymentEvent[] | null> {
  const { accountId, paymentId, kind, name, after, limit } = query;
  const values = [accountId, paymentId, kind, name, after, limit];
  const rows = await session.query<EventRow | { seq: null }>(EVENTS, values);
  if (rows.length === 0) return null;
  return rows.flatMap((row) => {
    if (row.seq === null) return [];
    const { at: atMs, ...rest } = row;
    return [{ ...rest, chargeN: 1, atMs }];
  });
}

/** The sums of row `s`. */
export const SUMS =
  's.captured_minor, s.refunding_minor, s.refunded_minor, s.elsewhere_minor, s.absences AS sum_absences, s.exclusive_id, s.exclusive_n';

/** Amounts as text, because a JavaScript number may round them. */
export interface SumsRow {
  readonly captured_minor: string;
  readonly refunding_minor: string;
  readonly refunded_minor: string;
  readonly elsewhere_minor: string;
  readonly sum_absences: number;
  readonly exclusive_id: string | null;
  readonly exclusive_n: number;
}

export function toSums(paymentId: string, row: SumsRow): PaymentSums {
  return {
    paymentId,
    capturedMinor: safeInteger(row.captured_minor),
    refundingMinor: safeInteger(row.refunding_minor),
    refundedMinor: safeInteger(row.refunded_minor),
    elsewhereMinor: safeInteger(row.elsewhere_minor),
    absences: row.sum_absences,
    ...(row.exclusive_n === 0 ? {} : { exclusive: { id: row.exclusive_id, count: row.exclusive_n } }),
  };
}

const SUMS_OF = `
SELECT s.payment_id, ${SUMS} FROM payonce.payment_sums s WHERE s.account_id = $1 AND s.payment_id = ANY ($2::uuid[])`;

export async function readSums(
  session: Session,
  accountId: string,
  paymentIds: readonly string[],
): Promise<readonly PaymentSums[]> {
  const rows = await session.query<SumsRow & { payment_id: string }>(SUMS_OF, [accountId, paymentIds]);
  return rows.map((row) => toSums(row.payment_id, row));
}
