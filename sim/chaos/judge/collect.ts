/** Reads the state of everything, over the public API and from the gateway's ledger. */
import { inParallel } from '../in-parallel.ts';
import type { LedgerCharge, Payment, PaymentEvent, State } from './case.ts';

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
  return { payments, events, ledger: await readLedger(gateway) };
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

/** Payments that are not settled yet. */
export async function readUnsettled(replica: string): Promise<Payment[]> {
  const pages = ['PROCESSING', 'UNRESOLVED'].map((status) => readPayments(replica, `&status=${status}`));
  return (await Promise.all(pages)).flat();
}

/** How many charges the gateway has accepted but not decided, or will still make. */
export async function readUndecided(gateway: string): Promise<number> {
  const { summary } = await readJson<{ summary: { pending: number; landing: number } }>(
    `${gateway}/_ledger?limit=1`,
  );
  return summary.pending + summary.landing;
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
