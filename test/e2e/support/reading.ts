import type { Client } from './client.ts';
import { json } from './client.ts';

export interface Payment {
  readonly payment_id: string;
  readonly order_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly status: string;
  readonly attempts: number;
  readonly failure_code: string | null;
  readonly gateway_ref: string | null;
  readonly safe_to_retry_with_new_key: boolean;
  readonly updated_at: string;
}

export interface PaymentEvent {
  readonly seq: number;
  readonly type: string;
  readonly status: string;
  readonly charge: number;
  readonly attempts: number;
  readonly detail: string | null;
  readonly at: string;
}

async function readAll<T>(client: Client, path: string): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const page = await client.get(`${path}${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    if (page.status !== 200) throw new Error(`GET ${path}: ${page.status} ${page.text}`);
    const { data, next_cursor } = json(page) as { data: T[]; next_cursor: string | null };
    all.push(...data);
    cursor = next_cursor;
  } while (cursor !== null);
  return all;
}

export function readPayments(client: Client): Promise<Payment[]> {
  return readAll(client, '/v1/payments?limit=100');
}

export async function readPayment(client: Client, orderId: string): Promise<Payment | null> {
  const found = await readAll<Payment>(client, `/v1/payments?order_id=${encodeURIComponent(orderId)}`);
  return found[0] ?? null;
}

export function readEvents(client: Client, paymentId: string): Promise<PaymentEvent[]> {
  return readAll(client, `/v1/payments/${paymentId}/events?limit=100`);
}
