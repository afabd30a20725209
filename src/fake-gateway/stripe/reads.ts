/** What can be read: one object, or a list of them. */
import type { Books } from '../ledger/books.ts';
import { missing } from './errors.ts';
import { eventObject } from './events.ts';
import type { FormFields } from './form.ts';
import type { Json } from './json.ts';
import { listOf, PAGE_PARAMS } from './lists.ts';
import { chargeObject, intentObject } from './objects.ts';
import { checkNames, expandIn, textIn } from './params.ts';
import { intentOfCharge, label, readPayment } from './records.ts';
import { type RefundNote, refundObject } from './refund-object.ts';
import { API_VERSION } from './wires.ts';

export interface Question {
  readonly books: Books;
  readonly nowMs: number;
  readonly params: FormFields;
  /** Null for a list. */
  readonly id: string | null;
}

export type Read = (question: Question) => Promise<Json>;

export const READS = { payment_intents: intents, charges, refunds, events } as const satisfies Record<
  string,
  Read
>;

async function intents({ books, nowMs, params, id }: Question): Promise<Json> {
  if (id !== null) {
    checkNames(params, ['expand', 'client_secret']);
    const expand = expandIn(params, ['latest_charge']);
    const payment = await readPayment(books, id);
    if (payment === undefined) throw missing('payment_intent', id, 'intent');
    return intentObject(payment, nowMs, expand);
  }
  checkNames(params, [...PAGE_PARAMS, 'customer'], ['customer_account']);
  const expand = inList(expandIn(params, ['data.latest_charge']));
  const labels = labelsIn(params, { customer: label.customer });
  const list = { kind: 'intent', labels, url: '/v1/payment_intents', nowMs };
  return listOf(books, params, list, async (record) => {
    const payment = await readPayment(books, record.id);
    return payment && intentObject(payment, nowMs, expand);
  });
}

async function charges({ books, nowMs, params, id }: Question): Promise<Json> {
  const show = async (chargeId: string, expand: readonly string[]) => {
    const intentId = await intentOfCharge(books, chargeId);
    const payment = intentId === undefined ? undefined : await readPayment(books, intentId);
    const charge = payment?.charges.find((one) => one.id === chargeId);
    return payment && charge && chargeObject(payment, charge, nowMs, expand);
  };
  if (id !== null) {
    checkNames(params, ['expand']);
    const object = await show(id, expandIn(params, ['payment_intent']));
    if (object === undefined) throw missing('charge', id, 'id');
    return object;
  }
  checkNames(params, [...PAGE_PARAMS, 'payment_intent', 'customer'], ['transfer_group']);
  const expand = inList(expandIn(params, ['data.payment_intent']));
  const labels = labelsIn(params, { payment_intent: label.intent, customer: label.customer });
  const list = { kind: 'charge', labels, url: '/v1/charges', nowMs };
  return listOf(books, params, list, (record) => show(record.id, expand));
}

async function refunds({ books, nowMs, params, id }: Question): Promise<Json> {
  const show = async (refundId: string, note: RefundNote, expand: readonly string[]) => {
    const payment = await readPayment(books, note.intentId);
    return payment && refundObject(payment, refundId, note, nowMs, expand);
  };
  if (id !== null) {
    checkNames(params, ['expand']);
    const record = await books.read('refund', id);
    const object =
      record && (await show(id, record.data as RefundNote, expandIn(params, ['charge', 'payment_intent'])));
    if (object === undefined) throw missing('refund', id, 'id');
    return object;
  }
  checkNames(params, [...PAGE_PARAMS, 'payment_intent', 'charge']);
  const expand = inList(expandIn(params, ['data.charge', 'data.payment_intent']));
  const labels = labelsIn(params, { payment_intent: label.intent, charge: label.charge });
  const list = { kind: 'refund', labels, url: '/v1/refunds', nowMs };
  return listOf(books, params, list, (record) => show(record.id, record.data as RefundNote, expand));
}

async function events({ books, nowMs, params, id }: Question): Promise<Json> {
  if (id !== null) {
    checkNames(params, ['expand']);
    const record = await books.read('event', id);
    if (record === undefined) throw missing('event', id, 'id');
    return eventObject(record, API_VERSION);
  }
  checkNames(params, [...PAGE_PARAMS, 'type'], ['types', 'delivery_success']);
  const labels = labelsIn(params, { type: label.type });
  const list = { kind: 'event', labels, url: '/v1/events', nowMs };
  return listOf(books, params, list, async (record) => eventObject(record, API_VERSION));
}

function labelsIn(
  params: FormFields,
  labels: Readonly<Record<string, (value: string) => string>>,
): readonly string[] {
  return Object.entries(labels).flatMap(([name, labelOf]) => {
    const value = textIn(params, name);
    return value === null ? [] : [labelOf(value)];
  });
}

/** `data.latest_charge` in a list is `latest_charge` in each of its objects. */
function inList(expand: readonly string[]): readonly string[] {
  return expand.map((path) => path.replace(/^data\./, ''));
}
