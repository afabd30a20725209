/** A made-up record of captures and voids in which every promise is kept, on top of the one of charges. */
import type { EndCall } from '../proxy/witness.ts';
import type { Exchange } from '../record.ts';
import type { Ending, LedgerCharge, LedgerEnding, Payment, PaymentEvent, RefundEvent } from './case.ts';
import {
  at,
  atMs,
  call,
  caseOf,
  charge,
  event,
  exchange,
  type Facts,
  honest,
  payment,
  reference,
  told,
} from './fixture.ts';
import { judge } from './judge.ts';
import { endKey } from './names.ts';

type Operation = Ending['operation'];

const MANUAL = { capture_method: 'manual', amount_authorized: 500 } as const;

export function manual(orderId: string, status: string, changes: Partial<Payment> = {}): Payment {
  const isTaken = status === 'COMPLETED';
  const seconds = { updated_at: at(isTaken || status === 'VOIDED' ? 22 : 3) };
  return payment(orderId, { ...MANUAL, status, amount_captured: isTaken ? 500 : 0, ...seconds, ...changes });
}

export function ending(
  orderId: string,
  operation: Operation,
  n: number,
  changes: Partial<Ending> = {},
): Ending {
  const status = changes.status ?? 'SUCCEEDED';
  return {
    operation,
    payment_id: `id-${orderId}`,
    name: String(n),
    asked: null,
    amount: 500,
    currency: 'USD',
    status,
    failure_code: null,
    gateway_key: endKey(reference(orderId), operation, n),
    created_at: at(10 * n + 10),
    events: trail(operation, n, status),
    ...changes,
  };
}

/** The n-th is opened at second 10 n + 10, and ends two seconds later. */
function trail(operation: Operation, n: number, status: string): RefundEvent[] {
  const first = 10 * n + 10;
  const shared = { attempts: 1, detail: null };
  return [
    { seq: 1, type: `${operation}.created`, status: 'PENDING', at: at(first), ...shared },
    { seq: 2, type: `${operation}.ended`, status, at: at(first + 2), ...shared },
  ];
}

export function made(
  orderId: string,
  operation: Operation,
  n: number,
  changes: Partial<LedgerEnding> = {},
): LedgerEnding {
  return {
    object: operation,
    status: 'succeeded',
    amount: 500,
    charge: `ch-${orderId}-1`,
    idempotency_key: endKey(reference(orderId), operation, n),
    created_at: at(10 * n + 11),
    ...changes,
  };
}

/** A request for it at the gateway, a second after it was opened. */
export function endCall(
  orderId: string,
  operation: Operation,
  n: number,
  changes: Partial<EndCall> = {},
): EndCall {
  const times = { atMs: atMs(10 * n + 11), leftMs: atMs(10 * n + 11), hungUpMs: null };
  const key = endKey(reference(orderId), operation, n);
  const amount = operation === 'void' ? null : 500;
  return { operation, replica: 'a', ...times, key, chargeId: `ch-${orderId}-1`, amount, ...changes };
}

/** A request for a capture or a void, without a key and of all that is authorised. */
export function endAsk(
  orderId: string,
  operation: Operation,
  asked: number,
  changes: Partial<Exchange> = {},
): Exchange {
  const path = `/v1/payments/id-${orderId}/${operation}`;
  return exchange(orderId, asked, { path, key: null, body: null, ...changes });
}

/** As the API shows it. */
function shownAs(one: Ending): object {
  const { operation, payment_id, amount, currency, status, failure_code, created_at } = one;
  return { operation, payment_id, amount, currency, status, failure_code, gateway_ref: null, created_at };
}

export function toldEnding(one: Ending, more: object = {}): string {
  return JSON.stringify({ ...shownAs(one), safe_to_retry_with_new_key: false, ...more });
}

export function toldProblem(code: string, one: Ending | null = null, more: object = {}): string {
  const shown = one === null ? {} : { ...shownAs(one), operation_status: one.status };
  return JSON.stringify({ ...shown, status: 409, code, ...more }, (name, value) =>
    name === 'status' ? undefined : value,
  );
}

export function toldFailedEnding(one: Ending, code = `${one.operation}_declined`): string {
  return toldProblem(code, one, { safe_to_retry_with_new_key: true });
}

function authorizedTrail(...more: PaymentEvent[]): PaymentEvent[] {
  return [event(1, 'payment.created', 'PROCESSING'), event(2, 'payment.authorized', 'AUTHORIZED'), ...more];
}

const held = (orderId: string, changes: Partial<LedgerCharge> = {}): LedgerCharge =>
  charge(orderId, 1, { captured: 0, authorized_until: at(600), endings: [], ...changes });

const asked = (orderId: string): string =>
  JSON.stringify({ order_id: orderId, amount: 500, currency: 'USD', capture_method: 'manual' });

/**
 * Four orders that were authorised first. Of `taken`, 300 was captured after a capture of all had been declined. `freed` was voided while a
 * capture was asked for. `held` is still held. `over` came to its end.
 */
export function authorized(): Facts {
  const facts = honest();
  const declined = ending('taken', 'capture', 1, { status: 'FAILED', failure_code: 'capture_declined' });
  const taken = ending('taken', 'capture', 2, { asked: 300, amount: 300 });
  const freed = ending('freed', 'void', 1);
  facts.payments.push(
    manual('taken', 'COMPLETED', { amount_captured: 300, updated_at: at(32) }),
    manual('freed', 'VOIDED'),
    manual('held', 'AUTHORIZED'),
    manual('over', 'VOIDED', { failure_code: 'authorization_expired', updated_at: at(62) }),
  );
  facts.events.set('id-taken', authorizedTrail(event(3, 'payment.captured', 'COMPLETED', { at: at(32) })));
  facts.events.set('id-freed', authorizedTrail(event(3, 'payment.voided', 'VOIDED', { at: at(22) })));
  facts.events.set('id-held', authorizedTrail());
  facts.events.set('id-over', authorizedTrail(event(3, 'payment.voided', 'VOIDED', { at: at(62) })));
  facts.ledger.push(
    held('taken', {
      captured: 300,
      endings: [
        made('taken', 'capture', 1, { status: 'failed' }),
        made('taken', 'capture', 2, { amount: 300 }),
      ],
    }),
    held('freed', { status: 'voided', live: false, endings: [made('freed', 'void', 1)] }),
    held('held'),
    held('over', { status: 'voided', live: false, authorized_until: at(60) }),
  );
  for (const orderId of ['taken', 'freed', 'held', 'over']) {
    facts.calls.push(call(orderId, 1, 1, { captureMethod: 'manual' }));
    const text = told(payment(orderId, { ...MANUAL, status: 'AUTHORIZED' }));
    facts.exchanges.push(exchange(orderId, 1, { body: asked(orderId), text }));
  }
  facts.endings.set('id-taken', [declined, taken]);
  facts.endings.set('id-freed', [freed]);
  facts.endCalls.push(
    endCall('taken', 'capture', 1),
    endCall('taken', 'capture', 2, { amount: 300 }),
    endCall('freed', 'void', 1),
  );
  const part = '{"amount":300}';
  facts.exchanges.push(
    endAsk('taken', 'capture', 20, { status: 422, text: toldFailedEnding(declined) }),
    endAsk('taken', 'capture', 30, { key: 'part', body: part, text: toldEnding(taken) }),
    endAsk('taken', 'capture', 33, { key: 'part', body: part, text: toldEnding(taken) }),
    endAsk('taken', 'capture', 34, { body: part, status: 200, text: toldEnding(taken) }),
    endAsk('taken', 'capture', 34, {
      key: 'part',
      body: '{"amount":301}',
      status: 422,
      text: toldProblem('idempotency_key_reused'),
    }),
    endAsk('taken', 'void', 35, { status: 409, text: toldProblem('payment_not_voidable') }),
    endAsk('taken', 'capture', 36, { method: 'GET', status: 200, text: toldEnding(taken) }),
    endAsk('taken', 'capture', 36, {
      method: 'GET',
      path: '/v1/payments/id-taken/capture/events',
      status: 200,
      text: JSON.stringify({ data: taken.events, next_cursor: null }),
    }),
    endAsk('taken', 'void', 36, { method: 'GET', status: 404, text: toldProblem('operation_not_found') }),
    endAsk('freed', 'capture', 20, {
      status: 409,
      text: toldProblem('operation_in_progress', { ...freed, status: 'PENDING' }),
    }),
    endAsk('freed', 'void', 20, { text: toldEnding(freed) }),
    endAsk('held', 'capture', 20, {
      body: '{"amount":501}',
      status: 409,
      text: toldProblem('capture_exceeds_authorized'),
    }),
    endAsk('over', 'capture', 63, { status: 409, text: toldProblem('payment_not_capturable') }),
  );
  return facts;
}

/** What the judge finds after a lie was planted, each once. */
export function foundOfCaptures(plant: (facts: Facts) => void): string[] {
  const facts = authorized();
  plant(facts);
  return [...new Set(judge(caseOf(facts)).map(({ kind }) => kind))];
}
