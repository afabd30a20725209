/** The reads for clients, always from the primary. */
import type { PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { EventsQuery, PaymentRecord, PaymentsQuery } from '../ports/store.ts';
import { createBatcher } from './batcher.ts';
import { columns, millisecondsOf } from './columns.ts';
import { ANY_AGE, type RecordRow, recordColumns, recordTables, toRecord } from './records.ts';
import type { Session } from './session.ts';

interface PaymentQuery {
  readonly accountId: string;
  readonly paymentId: string;
}

const INPUT = columns<PaymentQuery>([
  { name: 'account', type: 'text', value: (q) => q.accountId },
  { name: 'id', type: 'uuid', value: (q) => q.paymentId },
]);

const BY_ID = `
SELECT i.ord, ${recordColumns(ANY_AGE)}
FROM ${recordTables()} JOIN ${INPUT.relation} ON p.account_id = i.account AND p.payment_id = i.id`;

/** Returns the batched `Store.payment`. */
export function createPaymentQuery(
  session: Session,
): (accountId: string, paymentId: string) => Promise<PaymentRecord | null> {
  const read = createBatcher<PaymentQuery, PaymentRecord | null>({
    keysOf: () => [],
    run: async (queries) => {
      const rows = await session.query<RecordRow & { ord: string }>(BY_ID, INPUT.values(queries));
      const byOrd = new Map(rows.map((row) => [Number(row.ord), toRecord(row)]));
      return queries.map((_query, index) => byOrd.get(index + 1) ?? null);
    },
  });
  return (accountId, paymentId) => read({ accountId, paymentId });
}

const WITH_TIMER = 'SELECT payment_id FROM payonce.payments WHERE account_id = $1 AND timer_at IS NOT NULL';
/** An open payment has a timer or is in its first lease. */
const UNDER_WAY = `${WITH_TIMER} UNION SELECT unnest(payment_ids) FROM payonce.first_leases WHERE account_id = $1`;
/** Payments of a rare status are found through their events, which also find those that had it earlier. */
const hadStatus = (status: 'FAILED' | 'REVIEW'): string =>
  `SELECT DISTINCT payment_id FROM payonce.events WHERE account_id = $1 AND status = '${status}'`;

/** Which payments of account $1 may have the status. Null: nearly all, so the list of all payments is read backwards. */
const CANDIDATES: Readonly<Record<PaymentStatus, string | null>> = {
  PROCESSING: UNDER_WAY,
  // Looked up again and again, and never in its first lease.
  UNRESOLVED: WITH_TIMER,
  REVIEW: hadStatus('REVIEW'),
  FAILED: hadStatus('FAILED'),
  // Looked at when its authorisation should have ended.
  AUTHORIZED: WITH_TIMER,
  VOIDED: 'SELECT payment_id FROM payonce.payment_sums WHERE account_id = $1 AND captured_minor = 0',
  COMPLETED: null,
};

export async function listPayments(
  session: Session,
  { accountId, orderId, status, limit, before }: PaymentsQuery,
): Promise<readonly PaymentRecord[]> {
  const values: unknown[] = [accountId, limit];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const conditions = ['account_id = $1'];
  if (orderId !== undefined) conditions.push(`order_id = ${parameter(orderId)}`);
  if (status !== undefined) conditions.push(`status = ${parameter(status)}`);
  const older = before === undefined ? 'true' : `payment_id < ${parameter(before)}`;
  const where = conditions.join(' AND ');
  const candidates = status === undefined || orderId !== undefined ? null : CANDIDATES[status];
  // Lateral, so that the candidates are gone through, newest first, until the page is full, whatever the planner believes.
  const page =
    candidates === null
      ? `SELECT * FROM payonce.payments WHERE ${where} AND ${older} ORDER BY payment_id DESC LIMIT $2`
      : `SELECT p.* FROM (
           SELECT payment_id FROM (${candidates}) c WHERE ${older} ORDER BY payment_id DESC) c
         CROSS JOIN LATERAL (
           SELECT * FROM payonce.payments WHERE ${where} AND payment_id = c.payment_id OFFSET 0) p
         ORDER BY c.payment_id DESC LIMIT $2`;
  const rows = await session.query<RecordRow>(
    `SELECT ${recordColumns(ANY_AGE)} FROM ${recordTables(`(${page})`)} ORDER BY p.payment_id DESC`,
    values,
  );
  return rows.map(toRecord);
}

const EVENTS = `
SELECT seq, type, status, charge_n, attempts, detail, ${millisecondsOf('at')} AS at FROM payonce.events
WHERE account_id = $1 AND payment_id = $2 AND seq > $3 ORDER BY seq LIMIT $4`;

interface EventRow {
  readonly seq: number;
  readonly type: string;
  readonly status: PaymentEvent['status'];
  readonly charge_n: number;
  readonly attempts: number;
  readonly detail: string | null;
  readonly at: number;
}

export async function listEvents(session: Session, query: EventsQuery): Promise<readonly PaymentEvent[]> {
  const { accountId, paymentId, after, limit } = query;
  const rows = await session.query<EventRow>(EVENTS, [accountId, paymentId, after, limit]);
  return rows.map(({ charge_n: chargeN, at: atMs, ...rest }) => ({ ...rest, chargeN, atMs }));
}
