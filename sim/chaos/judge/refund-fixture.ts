/** A made-up record of refunds in which every promise is kept, on top of the one of charges. */

import type { RefundCall } from '../proxy/witness.ts';
import type { Exchange } from '../record.ts';
import { type LedgerRefund, nameOf, type Refund, type RefundEvent } from './case.ts';
import { at, atMs, caseOf, change, exchange, type Facts, honest, payment, reference } from './fixture.ts';
import { judge } from './judge.ts';
import { keyedRefundKey, refundKey } from './names.ts';

const PATH = '/v1/payments/id-good/refunds';

/** The refund that no `refund_id` names. */
export const KEYED = keyedRefundKey(reference('good'), 'refund-key');

export function refund(id: string, changes: Partial<Refund> = {}): Refund {
  return {
    refund_id: id,
    payment_id: 'id-good',
    amount: 100,
    currency: 'USD',
    status: 'SUCCEEDED',
    failure_code: null,
    gateway_ref: `re-${id}`,
    ...changes,
  };
}

export function booked(id: string, changes: Partial<LedgerRefund> = {}): LedgerRefund {
  return {
    id: `re-${id}`,
    status: 'succeeded',
    amount: 100,
    idempotency_key: id === KEYED ? KEYED : refundKey(reference('good'), id),
    created_at: at(20),
    ...changes,
  };
}

/** A request for the refund at the gateway, in its second. */
export function refundCall(id: string, second: number, changes: Partial<RefundCall> = {}): RefundCall {
  const key = id === KEYED ? KEYED : refundKey(reference('good'), id);
  const times = { atMs: atMs(second), leftMs: atMs(second), hungUpMs: null };
  return { replica: 'a', ...times, key, chargeId: 'ch-good-1', amount: 100, ...changes };
}

function refundEvent(seq: number, type: string, status: string): RefundEvent {
  return { seq, type, status, attempts: 1, detail: null, at: at(19 + seq) };
}

/** A request for a refund of `good`, named by its id alone. */
export function refundAsk(id: string, asked: number, changes: Partial<Exchange> = {}): Exchange {
  const text = JSON.stringify({ amount: 100, refund_id: id });
  return exchange('good', asked, { path: PATH, key: null, body: text, ...changes });
}

export function toldRefund(shown: Refund, more: object = {}): string {
  return JSON.stringify({ ...shown, safe_to_retry_with_new_key: false, ...more });
}

export function toldFailedRefund(shown: Refund, more: object = {}): string {
  const { status, ...fields } = shown;
  const problem = { status: 422, code: 'refund_declined', refund_status: status };
  return JSON.stringify({ ...fields, ...problem, safe_to_retry_with_new_key: true, ...more });
}

/** Of 500 that `good` was charged: 100 went back twice, 100 was declined, and the gateway has not decided about 50. */
export function refunded(): Facts {
  const facts = honest();
  const [first, keyed] = [refund('r-1'), refund(KEYED)];
  const poor = refund('r-poor', { status: 'FAILED', failure_code: 'refund_declined', gateway_ref: null });
  const pending = refund('r-pending', { status: 'PENDING', amount: 50 });
  const keyedBody = '{"amount":100}';
  change(facts.payments, ({ order_id: id }) => id === 'good', {
    ...payment('good', { amount_refunded: 200, amount_refunding: 50 }),
  });
  change(facts.ledger, ({ order_id: id }) => id === 'good', {
    refunds: [
      booked('r-1'),
      booked(KEYED),
      booked('r-poor', { status: 'failed' }),
      booked('r-pending', { status: 'pending', amount: 50 }),
    ],
  });
  const all = [first, keyed, poor, pending];
  facts.refunds.set('id-good', all);
  for (const one of all) {
    const events = [refundEvent(1, 'refund.created', 'PENDING'), refundEvent(2, 'refund.ended', one.status)];
    facts.refundEvents.set(nameOf(one), events);
    facts.refundCalls.push(refundCall(one.refund_id, 20, { amount: one.amount }));
  }
  facts.exchanges.push(
    refundAsk('r-1', 20, {
      status: 202,
      text: toldRefund(refund('r-1', { status: 'PENDING', gateway_ref: null })),
    }),
    refundAsk('r-1', 21, { status: 200, text: toldRefund(first) }),
    refundAsk('r-1', 22, { status: 201, text: toldRefund(first) }),
    refundAsk('r-1', 23, {
      method: 'GET',
      path: `${PATH}/r-1`,
      body: null,
      status: 200,
      text: toldRefund(first),
    }),
    refundAsk(KEYED, 20, { key: 'refund-key', body: keyedBody, text: toldRefund(keyed) }),
    refundAsk(KEYED, 24, { key: 'refund-key', body: keyedBody, text: toldRefund(keyed) }),
    refundAsk(KEYED, 24, {
      key: 'refund-key',
      body: '{"amount":101}',
      status: 422,
      text: '{"code":"idempotency_key_reused"}',
    }),
    refundAsk('r-poor', 20, { status: 422, text: toldFailedRefund(poor) }),
    refundAsk('r-pending', 20, { body: '{"amount":50,"refund_id":"r-pending"}', text: toldRefund(pending) }),
    refundAsk('r-much', 22, {
      body: '{"amount":251,"refund_id":"r-much"}',
      status: 409,
      text: '{"code":"refund_exceeds_captured"}',
    }),
    refundAsk('r-1', 25, {
      body: '{"amount":7,"refund_id":"r-1"}',
      status: 409,
      text: toldRefund(first, { status: 409, code: 'refund_conflict', refund_status: 'SUCCEEDED' }),
    }),
  );
  return facts;
}

/** What the judge finds after a lie was planted, each once. */
export function foundOfRefunds(plant: (facts: Facts) => void): string[] {
  const facts = refunded();
  plant(facts);
  return [...new Set(judge(caseOf(facts)).map(({ kind }) => kind))];
}
