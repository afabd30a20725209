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
import { isInDoubt } from './doubt.ts';

interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** Requests at the same time: enough to be fast, few enough for two cores. */
const CONCURRENCY = 16;

/** What is not read from the replicas. */
export interface Elsewhere {
  /** As the gateway shows it. */
  readonly ledger: () => Promise<readonly LedgerCharge[]>;
  /** As the database has them. */
  readonly endings: () => Promise<State['endings']>;
}

/** `replicas`: their base addresses. The reads are spread over them. */
export async function collect(replicas: readonly string[], { ledger, endings }: Elsewhere): Promise<State> {
  const payments = await readPayments(replicas[0] ?? '');
  const events = new Map<string, readonly PaymentEvent[]>();
  await inParallel(payments, CONCURRENCY, async ({ payment_id: id }, index) => {
    events.set(id, await readEvents(replicas[index % replicas.length] ?? '', id));
  });
  return {
    payments,
    events,
    ledger: await ledger(),
    endings: await endings(),
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

export function readLedger(gateway: string): Promise<LedgerCharge[]> {
  return readAll<LedgerCharge>(`${gateway}/_ledger?limit=1000`);
}

function readRefundEvents(
  replica: string,
  { payment_id: paymentId, refund_id: id }: Refund,
): Promise<RefundEvent[]> {
  const address = `${replica}/v1/payments/${paymentId}/refunds/${encodeURIComponent(id)}`;
  return readAll<RefundEvent>(`${address}/events?limit=100`);
}

/** How many payments and refunds are not settled yet. `inDoubt`: whether those count whose absence only time can prove. */
export async function readUnsettled(replica: string, inDoubt: 'counted' | 'left out'): Promise<number> {
  const pages = ['PROCESSING', 'UNRESOLVED'].map((status) => readPayments(replica, `&status=${status}`));
  const [processing = [], unresolved = []] = await Promise.all(pages);
  // The trails are read only once nothing else is open.
  const payments =
    inDoubt === 'counted' || processing.length > 0
      ? [...processing, ...unresolved]
      : await leaveOutDoubts(unresolved, ({ payment_id: id }) => readEvents(replica, id));
  return payments.length > 0 ? payments.length : (await readPendingRefunds(replica, inDoubt)).length;
}

async function readPendingRefunds(replica: string, inDoubt: 'counted' | 'left out'): Promise<Refund[]> {
  const completed = await readPayments(replica, '&status=COMPLETED');
  const refunding = completed.filter(({ amount_refunding: amount }) => amount > 0);
  const pages = await inParallel(refunding, CONCURRENCY, ({ payment_id: id }) => readRefunds(replica, id));
  const pending = pages.flat().filter(({ status }) => status === 'PENDING');
  if (inDoubt === 'counted') return pending;
  return leaveOutDoubts(pending, (refund) => readRefundEvents(replica, refund));
}

async function leaveOutDoubts<T>(
  items: readonly T[],
  trailOf: (item: T) => Promise<readonly RefundEvent[]>,
): Promise<T[]> {
  const trails = await inParallel(items, CONCURRENCY, trailOf);
  return items.filter((_, index) => !isInDoubt(trails[index] ?? []));
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
