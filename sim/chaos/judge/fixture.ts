/**
 * A made-up record in which every promise is kept. Each test plants one lie. A judge that finds nothing in this record
 * and finds each lie can be trusted.
 */
import type { Call, EndCall, RefundCall } from '../proxy/witness.ts';
import type { Exchange } from '../record.ts';
import { LEASE_MS } from '../settings.ts';
import type {
  Case,
  Ending,
  LedgerCharge,
  Payment,
  PaymentEvent,
  Refund,
  RefundEvent,
  ViolationKind,
} from './case.ts';
import { judge } from './judge.ts';
import { chargeKey, orderReference } from './names.ts';

const INSTALLATION = '00000000-0000-4000-8000-000000000001';

/** A moment, in seconds after the beginning. */
export const at = (second: number): string => new Date(1_800_000_000_000 + second * 1000).toISOString();
export const atMs = (second: number): number => Date.parse(at(second));

export const reference = (orderId: string): string => orderReference(INSTALLATION, orderId);

export function payment(orderId: string, changes: Partial<Payment> = {}): Payment {
  return {
    payment_id: `id-${orderId}`,
    order_id: orderId,
    amount: 500,
    currency: 'USD',
    status: 'COMPLETED',
    attempts: 1,
    failure_code: null,
    gateway_ref: `ch-${orderId}-1`,
    updated_at: at(3),
    amount_captured: 500,
    amount_refunded: 0,
    amount_refunding: 0,
    amount_refunded_elsewhere: 0,
    ...changes,
  };
}

export function event(
  seq: number,
  type: string,
  status: string,
  changes: Partial<PaymentEvent> = {},
): PaymentEvent {
  return { seq, type, status, charge: 1, attempts: 1, detail: null, at: at(seq), ...changes };
}

export function charge(orderId: string, n: number, changes: Partial<LedgerCharge> = {}): LedgerCharge {
  return {
    id: `ch-${orderId}-${n}`,
    status: 'succeeded',
    amount: 500,
    currency: 'USD',
    reference: reference(orderId),
    idempotency_key: chargeKey(reference(orderId), n),
    order_id: orderId,
    created_at: at(2),
    live: true,
    captured: 500,
    refunds: [],
    ...changes,
  };
}

export function call(orderId: string, n: number, second: number, changes: Partial<Call> = {}): Call {
  const name = reference(orderId);
  return {
    replica: 'a',
    atMs: atMs(second),
    leftMs: changes.atMs ?? atMs(second),
    hungUpMs: null,
    key: chargeKey(name, n),
    reference: name,
    orderId,
    amount: 500,
    currency: 'USD',
    ...changes,
  };
}

export const body = (orderId: string, amount = 500): string =>
  JSON.stringify({ order_id: orderId, amount, currency: 'USD' });

let numbers = 0;

/** A request at second `asked`, answered half a second later. */
export function exchange(orderId: string | null, asked: number, changes: Partial<Exchange> = {}): Exchange {
  numbers += 1;
  return {
    n: numbers,
    client: 'c1',
    scenario: 'test',
    replica: 'a',
    method: 'POST',
    path: '/v1/payments',
    orderId,
    key: `key-${orderId}`,
    body: body(orderId ?? ''),
    askedMs: asked * 1000,
    answeredMs: asked * 1000 + 500,
    status: 201,
    text: '',
    error: null,
    ...changes,
  };
}

export function told(shown: Payment, more: object = {}): string {
  return JSON.stringify({ ...shown, safe_to_retry_with_new_key: false, ...more });
}

export function toldFailed(shown: Payment, more: object = {}): string {
  const { status, ...fields } = shown;
  return JSON.stringify({
    ...fields,
    status: 502,
    code: 'gateway_failed',
    payment_status: status,
    safe_to_retry_with_new_key: true,
    ...more,
  });
}

export function read(shown: Payment, asked: number): Exchange {
  const path = `/v1/payments/${shown.payment_id}`;
  return exchange(shown.order_id, asked, {
    method: 'GET',
    path,
    key: null,
    body: null,
    status: 200,
    text: told(shown),
  });
}

export interface Facts {
  payments: Payment[];
  events: Map<string, PaymentEvent[]>;
  ledger: LedgerCharge[];
  refunds: Map<string, Refund[]>;
  refundEvents: Map<string, RefundEvent[]>;
  refundCalls: RefundCall[];
  endings: Map<string, Ending[]>;
  endCalls: EndCall[];
  calls: Call[];
  exchanges: Exchange[];
}

/** Order `good` was charged. `twice` failed, and was charged with a new key. `poor` failed. `bad` was refused. */
export function honest(): Facts {
  const failedOnce = payment('twice', { status: 'FAILED', failure_code: 'gateway_error', gateway_ref: null });
  const twice = payment('twice', { gateway_ref: 'ch-twice-2', updated_at: at(6) });
  const poor = payment('poor', { status: 'FAILED', failure_code: 'gateway_error', gateway_ref: null });
  const failure = [
    event(1, 'payment.created', 'PROCESSING'),
    event(2, 'call.unknown', 'PROCESSING'),
    event(3, 'payment.failed', 'FAILED'),
  ];
  return {
    payments: [payment('good'), twice, poor],
    events: new Map([
      ['id-good', [event(1, 'payment.created', 'PROCESSING'), event(2, 'payment.completed', 'COMPLETED')]],
      [
        'id-twice',
        [
          ...failure,
          event(4, 'charge.opened', 'PROCESSING', { charge: 2 }),
          event(5, 'payment.completed', 'COMPLETED', { charge: 2 }),
        ],
      ],
      ['id-poor', failure],
    ]),
    ledger: [charge('good', 1), charge('twice', 2), charge('poor', 1, { status: 'declined', live: false })],
    refunds: new Map(),
    refundEvents: new Map(),
    refundCalls: [],
    endings: new Map(),
    endCalls: [],
    calls: [call('good', 1, 1), call('twice', 1, 1), call('twice', 2, 4), call('poor', 1, 1)],
    exchanges: [
      exchange('good', 1, {
        status: 202,
        text: told(payment('good', { status: 'PROCESSING', updated_at: at(1) })),
      }),
      read(payment('good', { status: 'PROCESSING', updated_at: at(1) }), 2),
      exchange('good', 3, { text: told(payment('good')) }),
      exchange('good', 4, { text: told(payment('good')), replica: 'b' }),
      exchange('good', 5, {
        status: 422,
        text: '{"code":"idempotency_key_reused"}',
        body: body('good', 501),
      }),
      exchange('good', 5, {
        status: 409,
        key: null,
        text: told(payment('good'), { status: 409, code: 'order_conflict' }),
        body: body('good', 9),
      }),
      read(payment('good'), 6),
      exchange('twice', 1, { status: 502, text: toldFailed(failedOnce) }),
      exchange('twice', 4, { key: 'key-twice-2', text: told(twice) }),
      exchange('twice', 5, { status: 502, text: toldFailed(failedOnce) }),
      read(twice, 8),
      exchange('poor', 1, { status: 502, text: toldFailed(poor) }),
      exchange('bad', 1, {
        status: 400,
        scenario: 'not valid',
        key: null,
        text: '{"code":"invalid_request"}',
      }),
      exchange('away', 1, { status: 503, text: '{"code":"store_unavailable"}' }),
    ],
  };
}

export function caseOf({ payments, events, ledger, refunds, refundEvents, endings, ...record }: Facts): Case {
  const state = { payments, events, ledger, refunds, refundEvents, endings };
  return {
    installationId: INSTALLATION,
    state,
    ...record,
    forgotten: [],
    clockSteps: [],
    leaseMs: LEASE_MS,
  };
}

/** Replaces fields of the item that fits. */
export function change<T>(items: T[], fits: (item: T) => boolean, changes: Partial<T>): void {
  const index = items.findIndex(fits);
  const item = items[index];
  if (item === undefined) throw new Error('there is nothing to change');
  items[index] = { ...item, ...changes };
}

/** What the judge finds after a lie was planted. */
export function found(plant: (facts: Facts) => void): string[] {
  const facts = honest();
  plant(facts);
  return [...new Set(judge(caseOf(facts)).map(({ kind, orderId }) => of(kind, orderId ?? '')))];
}

/** How `found` names a violation. */
export function of(kind: ViolationKind, orderId = 'good'): string {
  return `${kind} ${orderId}`;
}
