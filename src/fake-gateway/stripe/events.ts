/** Events: what they are, when they happen, and what they show. */
import type { Books, StoredRecord } from '../ledger/books.ts';
import { type Json, secondsOf } from './json.ts';
import { chargeObject, hasExpired, intentObject } from './objects.ts';
import { label, readPayment } from './records.ts';
import { type RefundNote, refundObject } from './refund-object.ts';

export type EventType =
  | `payment_intent.${'created' | 'succeeded' | 'processing' | 'payment_failed' | 'requires_action' | 'amount_capturable_updated' | 'canceled'}`
  | `charge.${'succeeded' | 'pending' | 'failed' | 'captured' | 'refunded' | 'expired'}`
  | `refund.${'created' | 'updated' | 'failed'}`;

/** Something that happens at a moment, which may be later than the request that brings it about. */
export interface Happening {
  readonly type: EventType;
  readonly atMs: number;
  readonly intentId: string;
  readonly chargeId?: string;
  readonly refundId?: string;
}

/** What is stored of an event. */
interface EventNote extends Happening {
  /** The object as it was then. */
  readonly object: Json;
  readonly requestId: string | null;
  readonly key: string | null;
}

/** Something that will happen. */
export interface Coming extends Happening {
  /** The id that the event will have. */
  readonly id: string;
}

export const DUE = 'due';

/** Stores the events of a request. Returns the ids of those that have happened; the others are still to come. */
export async function recordEvents(
  books: Books,
  happenings: readonly Happening[],
  request: { readonly id: string; readonly key: string | null },
  nowMs: number,
): Promise<{ readonly happened: readonly string[]; readonly coming: readonly Happening[] }> {
  const happened: string[] = [];
  for (const happening of happenings.filter(({ atMs }) => atMs <= nowMs)) {
    const id = books.newId('evt');
    if (await writeEvent(books, { ...happening, id }, request)) happened.push(id);
  }
  const coming = happenings.filter(({ atMs }) => atMs > nowMs);
  for (const happening of coming) {
    const id = books.newId('evt');
    await books.write({
      kind: 'coming',
      id,
      atMs: happening.atMs,
      labels: [DUE],
      data: { ...happening, id },
    });
  }
  return { happened, coming };
}

/** Whether it happened: what was to come may have been prevented. */
export async function writeEvent(
  books: Books,
  coming: Coming,
  request: { readonly id: string | null; readonly key: string | null },
): Promise<boolean> {
  const object = await objectOf(books, coming);
  if (object === undefined) return false;
  const { id, ...happening } = coming;
  const data: EventNote = { ...happening, object, requestId: request.id, key: request.key };
  await books.write({ kind: 'event', id, atMs: coming.atMs, labels: [label.type(coming.type)], data });
  return true;
}

export function eventObject({ id, atMs, data }: StoredRecord, version: string): Json {
  const { object, requestId, key, type } = data as EventNote;
  return {
    id,
    object: 'event',
    api_version: version,
    created: secondsOf(atMs),
    data: { object },
    livemode: false,
    pending_webhooks: 0,
    request: { id: requestId, idempotency_key: key },
    type,
  };
}

/** The payment that the event is about. */
export function intentOfEvent({ data }: StoredRecord): string {
  return (data as EventNote).intentId;
}

async function objectOf(
  books: Books,
  { type, atMs, intentId, chargeId, refundId }: Happening,
): Promise<Json | undefined> {
  const payment = await readPayment(books, intentId);
  if (payment === undefined) return undefined;
  const charge = payment.charges.find(({ id }) => id === chargeId);
  const isEndOfHold =
    type === 'charge.expired' || (type === 'payment_intent.canceled' && charge !== undefined);
  if (isEndOfHold && charge !== undefined && !hasExpired(payment, charge, atMs)) return undefined;
  if (type.startsWith('payment_intent.')) return intentObject(payment, atMs);
  if (type.startsWith('charge.')) return charge && chargeObject(payment, charge, atMs);
  const record = refundId === undefined ? undefined : await books.read('refund', refundId);
  return record && refundObject(payment, record.id, record.data as RefundNote, atMs);
}
