/** What anyone may read; always from the primary. */
import type { PaymentEvent, PaymentStatus } from '../domain/payment.ts';
import type { EventsQuery, PaymentRecord, PaymentsQuery } from '../ports/store.ts';
import { createBatcher } from './batcher.ts';
import { columns, millisecondsOf } from './columns.ts';
import { type RecordRow, recordColumns, recordTables, toRecord } from './records.ts';
import type { Session } from './session.ts';

interface PaymentQuery {
  readonly accountId: string;
  readonly paymentId: string;
}

const INPUT = columns<PaymentQuery>([
  { name: 'account', type: 'text', value: (q) => q.accountId },
  { name: 'id', type: 'uuid', value: (q) => q.paymentId },
]);

/** No answer is shown to readers, so none is kept back either. */
const ANY_AGE = '0::float8';

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

/**
 * Written out rather than passed as a parameter, so that the planner sees which index serves it: what is rare has one of
 * its own, what is under way has a time when it is due, and what is completed is found by walking back.
 */
const IN_STATUS: Readonly<Record<PaymentStatus, string>> = {
  PROCESSING: `status = 'PROCESSING' AND due_at IS NOT NULL`,
  UNRESOLVED: `status = 'UNRESOLVED'`,
  REVIEW: `status = 'REVIEW'`,
  FAILED: `status = 'FAILED'`,
  COMPLETED: `status = 'COMPLETED'`,
};

export async function listPayments(
  session: Session,
  query: PaymentsQuery,
): Promise<readonly PaymentRecord[]> {
  const values: unknown[] = [query.accountId, query.limit];
  const conditions = ['account_id = $1'];
  const where = (condition: string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(`${condition} $${values.length}`);
  };
  where('order_id =', query.orderId);
  if (query.status !== undefined) conditions.push(IN_STATUS[query.status]);
  where('payment_id <', query.before);
  const rows = await session.query<RecordRow>(
    `SELECT ${recordColumns(ANY_AGE)} FROM ${recordTables(`(
       SELECT * FROM payonce.payments
       WHERE ${conditions.join(' AND ')} ORDER BY payment_id DESC LIMIT $2)`)}
     ORDER BY p.payment_id DESC`,
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
