/** Reads the state of everything, over the public API and from the gateway's ledger. */
import { inParallel } from '../in-parallel.ts';
import {
  type LedgerCharge,
  nameOf,
  type Payment,
  type PaymentEvent,
  type Refund,
  type RefundEvent,
  type State,
} from './case.ts';

interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** Requests at the same time: enough to be fast, few enough for two cores. */
const CONCURRENCY = 16;

/** `replicas`: their base addresses. The reads are spread over them. */
export async function collect(replicas: readonly string[], gateway: string): Promise<State> {
  const payments = await readPayments(replicas[0] ?? '');
  const events = new Map<string, readonly PaymentEvent[]>();
  await inParallel(payments, CONCURRENCY, async ({ payment_id: id }, index) => {
    events.set(id, await readEvents(replicas[index % replicas.length] ?? '', id));
  });
  return {
    payments,
    events,
    ledger: await readLedger(gateway),
    ...(await readAllRefunds(replicas, payments)),
  };
}

/** The refunds of all payments that have some. The sums leave failed ones out, so every COMPLETED payment is asked. */
export async function readAllRefunds(
  replicas: readonly string[],
  payments: readonly Payment[],
): Promise<Pick<State, 'refunds' | 'refundEvents'>> {
  const refunds = new Map<string, readonly Refund[]>();
  const refundEvents = new Map<string, readonly RefundEvent[]>();
  const completed = payments.filter(({ status }) => status === 'COMPLETED');
  await inParallel(completed, CONCURRENCY, async ({ payment_id: id }, index) => {
    const replica = replicas[index % replicas.length] ?? '';
    const own = await readRefunds(replica, id);
    if (own.length > 0) refunds.set(id, own);
    for (const refund of own) refundEvents.set(nameOf(refund), await readRefundEvents(replica, refund));
  });
  return { refunds, refundEvents };
}

function readRefunds(replica: string, paymentId: string): Promise<Refund[]> {
  return readAll<Refund>(`${replica}/v1/payments/${paymentId}/refunds?limit=100`);
}

/** `filter`: more of the query, such as `&status=FAILED`. */
export function readPayments(replica: string, filter = ''): Promise<Payment[]> {
  return readAll<Payment>(`${replica}/v1/payments?limit=100${filter}`);
}

export function readEvents(replica: string, paymentId: string): Promise<PaymentEvent[]> {
  return readAll<PaymentEvent>(`${replica}/v1/payments/${paymentId}/events?limit=100`);
}

function readLedger(gateway: string): Promise<LedgerCharge[]> {
  return readAll<LedgerCharge>(`${gateway}/_ledger?limit=1000`);
}

function readRefundEvents(
  replica: string,
  { payment_id: paymentId, refund_id: id }: Refund,
): Promise<RefundEvent[]> {
  const address = `${replica}/v1/payments/${paymentId}/refunds/${encodeURIComponent(id)}`;
  return readAll<RefundEvent>(`${address}/events?limit=100`);
}

/** How many payments and refunds are not settled yet. */
export async function readUnsettled(replica: string): Promise<number> {
  const pages = ['PROCESSING', 'UNRESOLVED'].map((status) => readPayments(replica, `&status=${status}`));
  const payments = (await Promise.all(pages)).flat();
  return payments.length > 0 ? payments.length : countPendingRefunds(replica);
}

async function countPendingRefunds(replica: string): Promise<number> {
  const completed = await readPayments(replica, '&status=COMPLETED');
  const refunding = completed.filter(({ amount_refunding: amount }) => amount > 0);
  let pending = 0;
  await inParallel(refunding, CONCURRENCY, async ({ payment_id: id }) => {
    const own = await readRefunds(replica, id);
    pending += own.filter(({ status }) => status === 'PENDING').length;
  });
  return pending;
}

interface Undecided {
  readonly pending: number;
  readonly landing: number;
}

/** How many charges and refunds the gateway has accepted but not decided, or will still make. */
export async function readUndecided(gateway: string): Promise<number> {
  const { summary } = await readJson<{ summary: Undecided & { refunds: Undecided } }>(
    `${gateway}/_ledger?limit=1`,
  );
  return summary.pending + summary.landing + summary.refunds.pending + summary.refunds.landing;
}

async function readAll<T>(address: string): Promise<T[]> {
  const rows: T[] = [];
  for (let cursor = ''; ; ) {
    const page = await readJson<Page<T>>(`${address}${cursor}`);
    rows.push(...page.data);
    if (page.next_cursor === null) return rows;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

async function readJson<T>(address: string): Promise<T> {
  const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
