/**
 * Compares what clients were told, what the API shows, the events and the gateway's ledger, and names every
 * contradiction with the promises of the design. Knows nothing but the outside.
 */
import type { Gateway } from '../gateway/gateway.ts';
import type { Client, Observed } from './client.ts';
import { isSettled } from './client.ts';
import { inParallel } from './eventually.ts';
import type { Identity } from './identity.ts';
import { type Payment, type PaymentEvent, readEvents, readPayments } from './reading.ts';

const NEXT: Readonly<Record<string, readonly string[]>> = {
  PROCESSING: ['PROCESSING', 'COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW'],
  UNRESOLVED: ['UNRESOLVED', 'COMPLETED', 'FAILED', 'REVIEW'],
  REVIEW: ['REVIEW', 'COMPLETED', 'FAILED'],
  FAILED: ['FAILED', 'PROCESSING', 'REVIEW', 'COMPLETED'],
  COMPLETED: ['COMPLETED'],
};

const MAX_CALLS = 4;

/** Event times are their transactions' beginnings, rounded. */
const CLOCK_MS = 5;

export interface Case {
  readonly client: Client;
  readonly gateway: Gateway;
  readonly identity: Identity;
  /** What else was said to clients, e.g. by other replicas. */
  readonly observed?: readonly Observed[];
}

export async function judge({
  client,
  gateway,
  identity,
  observed = client.observed,
}: Case): Promise<string[]> {
  const violations: string[] = [...gateway.ledger.strange.map((what) => `strange request: ${what}`)];
  const payments = await readPayments(client);
  const byOrder = new Map(payments.map((payment) => [payment.order_id, payment]));
  if (byOrder.size !== payments.length) violations.push('an order has two payments');
  await inParallel(payments, 16, async (payment) => {
    const events = await readEvents(client, payment.payment_id);
    const found = [...judgeEvents(payment, events), ...judgeMoney(payment, events, gateway, identity)];
    const story = events.map(({ type, status, charge, detail }) => `${charge}:${type}/${status}/${detail}`);
    violations.push(...found.map((what) => `${payment.order_id}: ${what}\n    ${story.join(' ')}`));
  });
  const { requests, charges } = gateway.ledger;
  for (const orderId of new Set([...requests, ...charges].map(({ body }) => body.order_id))) {
    if (!byOrder.has(orderId)) violations.push(`${orderId}: the gateway was called, but there is no payment`);
  }
  violations.push(...judgeAnswers(observed, byOrder));
  return violations;
}

function judgeEvents(payment: Payment, events: readonly PaymentEvent[]): string[] {
  const found: string[] = [];
  if (events.some(({ seq }, index) => seq !== index + 1)) found.push('the event sequence has a gap');
  for (const [index, event] of events.entries()) {
    const before = events[index - 1];
    if (before === undefined) continue;
    if (!NEXT[before.status]?.includes(event.status)) found.push(`${before.status} became ${event.status}`);
    if (event.charge < before.charge) found.push('an older charge came back');
    if (event.charge > before.charge && before.status !== 'FAILED') found.push('charge n+1 before n FAILED');
  }
  const last = events.at(-1);
  if (last?.status !== payment.status)
    found.push(`is ${payment.status}, its last event says ${last?.status}`);
  return found;
}

function judgeMoney(
  payment: Payment,
  events: readonly PaymentEvent[],
  { ledger }: Gateway,
  identity: Identity,
): string[] {
  const found: string[] = [];
  const { order_id: orderId, status } = payment;
  const live = ledger.liveOf(orderId);
  if (live.length > 1) found.push(`charged ${live.length} times: ${live.map(({ key }) => key).join(', ')}`);
  if (status === 'COMPLETED' && live.length === 0) found.push('COMPLETED, but nothing was charged');
  if (status === 'FAILED' && live.length > 0) found.push('FAILED, but it was charged');
  if (status === 'COMPLETED') {
    for (const { body } of live) {
      if (body.amount !== payment.amount || body.currency !== payment.currency)
        found.push('wrong amount charged');
    }
  }
  const charges = Math.max(...events.map(({ charge }) => charge));
  const keys = Array.from({ length: charges }, (_, index) => identity.key(orderId, index + 1));
  for (const { key, body } of ledger.requestsOf(orderId)) {
    if (!keys.includes(key)) found.push(`called with the key ${key}, which is none of its operations'`);
    if (body.reference !== identity.reference(orderId))
      found.push(`called with the reference ${body.reference}`);
  }
  for (const [index, key] of keys.entries()) {
    const requests = ledger.requests.filter((one) => one.key === key);
    const forbidden = events.filter(({ charge, type }) => charge === index + 1 && type === 'call.forbidden');
    const attempts = requests.length - forbidden.length;
    if (attempts > MAX_CALLS) found.push(`${attempts} calls for charge ${index + 1}`);
    const failed = events.find(({ charge, status }) => charge === index + 1 && status === 'FAILED');
    if (failed && live.some((one) => one.key === key))
      found.push(`charge ${index + 1} FAILED, but it is live`);
    const next = ledger.requests.find((one) => one.key === keys[index + 1]);
    if (next && !(failed && Date.parse(failed.at) <= next.atMs + CLOCK_MS)) {
      found.push(`charge ${index + 2} was sent before ${index + 1} had failed`);
    }
  }
  return found;
}

function judgeAnswers(observed: readonly Observed[], byOrder: ReadonlyMap<string, Payment>): string[] {
  const found: string[] = [];
  const frozen = new Map<string, Observed>();
  for (const answer of observed) {
    const { orderId, key, status, text, sentAtMs, receivedAtMs } = answer;
    const asked = `asked at ${timeOf(sentAtMs)}, told at ${timeOf(receivedAtMs)}`;
    const say = (what: string) => found.push(`${orderId} (${key}, ${asked}): ${what}: ${status} ${text}`);
    const payment = byOrder.get(orderId);
    if (status === 500) say('an internal error');
    if (status === 202 || isSettled(answer)) {
      const body = JSON.parse(text);
      if (payment === undefined) say('was promised, but there is no payment');
      else if (body.payment_id !== payment.payment_id) say(`the payment is ${payment.payment_id}`);
      const unsettled = ['PROCESSING', 'UNRESOLVED', 'REVIEW'];
      if (status === 202 && !unsettled.includes(body.status)) say('202, but settled');
      const safe = status === 402 || status === 502;
      if (body.safe_to_retry_with_new_key !== safe) say(`safe_to_retry_with_new_key should be ${safe}`);
    }
    if ((status === 200 || status === 201) && payment?.status !== 'COMPLETED') say(`is ${payment?.status}`);
    if (key === null || !isSettled(answer)) continue;
    const first = frozen.get(key);
    if (first === undefined) frozen.set(key, answer);
    else if (first.text !== text || first.status !== status) say(`first was ${first.status} ${first.text}`);
  }
  return found;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, -1);
}
