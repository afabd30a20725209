/** What the emulator keeps in the ledger's books, and under which labels it is found again. */
import type { Books } from '../ledger/books.ts';
import type { Charge } from '../ledger/port.ts';
import type { Intent, Payment } from './intent.ts';
import type { RefundNote } from './refund-object.ts';

export const label = {
  customer: (id: string) => `customer ${id}`,
  intent: (id: string) => `intent ${id}`,
  charge: (id: string) => `charge ${id}`,
  type: (type: string) => `type ${type}`,
  reference: (reference: string) => `reference ${reference}`,
  order: (orderId: string) => `order ${orderId}`,
} as const;

/** Undefined if there is none. */
export async function readPayment(books: Books, intentId: string): Promise<Payment | undefined> {
  const record = await books.read('intent', intentId);
  if (record === undefined) return undefined;
  return { intent: record.data as Intent, charges: await books.charges(intentId) };
}

export async function writeIntent(books: Books, intent: Intent): Promise<void> {
  const labels = intent.customer === null ? [] : [label.customer(intent.customer)];
  await books.write({ kind: 'intent', id: intent.id, atMs: intent.createdMs, labels, data: intent });
}

/** So that lists find the charge. What it is, the ledger knows. */
export async function writeChargeNote(books: Books, intent: Intent, charge: Charge): Promise<void> {
  const labels = [label.intent(intent.id)];
  if (intent.customer !== null) labels.push(label.customer(intent.customer));
  await books.write({
    kind: 'charge',
    id: charge.id,
    atMs: charge.createdMs,
    labels,
    data: { intentId: intent.id },
  });
}

export async function writeRefundNote(
  books: Books,
  id: string,
  note: RefundNote,
  atMs: number,
): Promise<void> {
  const labels = [label.intent(note.intentId), label.charge(note.chargeId)];
  await books.write({ kind: 'refund', id, atMs, labels, data: note });
}

/** The intent's id of a charge of this protocol; undefined for any other. */
export async function intentOfCharge(books: Books, chargeId: string): Promise<string | undefined> {
  const record = await books.read('charge', chargeId);
  return (record?.data as { readonly intentId: string } | undefined)?.intentId;
}
