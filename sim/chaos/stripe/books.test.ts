import { expect, test } from 'vitest';
import type { Intent, LedgerCharge } from '../judge/case.ts';
import { charge } from '../judge/fixture.ts';
import { endKey } from '../judge/names.ts';
import type { Heard } from '../proxy/witness.ts';
import { callsIn, inIntents } from './books.ts';
import { createStripeWitness, type Write } from './writes.ts';

const INTENT: Intent = {
  ...{ id: 'pi_1', status: 'succeeded', amount: 500, currency: 'ISK' },
  ...{ key: 'charge-key', reference: 'r', orderId: 'o' },
};

function heard(path: string, body: string): Write[] {
  const writes: Write[] = [];
  const keep = (write: Heard<Write>): void => void writes.push({ ...write, replica: 'a', atMs: 9 });
  const head = `POST ${path} HTTP/1.1\r\nIdempotency-Key: key-1\r\ncontent-length: ${body.length}`;
  createStripeWitness(keep)(Buffer.from(`${head}\r\n\r\n${body}`), { arrivedMs: 5, hungUpMs: null });
  return writes;
}

const ARRIVAL = { replica: 'a', atMs: 9, leftMs: 5, readLateMs: 0, hungUpMs: null };
const METADATA = 'metadata[key]=charge-key&metadata[reference]=r&metadata[order_id]=o%20%C3%BC';

test('a create is heard, with what its intent is for', () => {
  const writes = heard('/v1/payment_intents', `amount=50000&currency=isk&${METADATA}`);
  expect(writes).toMatchObject([{ operation: 'create', intentId: null, key: 'key-1' }]);
  expect(callsIn(writes, []).prepares).toEqual([
    { ...ARRIVAL, key: 'charge-key', reference: 'r', orderId: 'o ü', amount: 500, currency: 'ISK' },
  ]);
});

test('a confirm is a call of the charge that its intent is for, on the terms that were asked for', () => {
  const writes = [
    ...heard('/v1/payment_intents', `amount=50000&currency=isk&${METADATA}`),
    ...heard('/v1/payment_intents/pi_1/confirm', ''),
  ];
  expect(callsIn(writes, [{ ...INTENT, currency: 'EUR' }]).calls).toEqual([
    { ...ARRIVAL, key: 'key-1', reference: 'r', orderId: 'o', amount: 500, currency: 'ISK' },
  ]);
});

test('a confirm of an intent that nobody made belongs to no order', () => {
  expect(callsIn(heard('/v1/payment_intents/pi_2/confirm', ''), [INTENT]).calls).toMatchObject([
    { orderId: '' },
  ]);
});

test('a refund is one of its intent, in minor units', () => {
  const writes = heard('/v1/refunds', 'amount=20000&payment_intent=pi_1&metadata[key]=x');
  expect(callsIn(writes, [INTENT]).refundCalls).toEqual([
    { ...ARRIVAL, key: 'key-1', chargeId: 'pi_1', amount: 200 },
  ]);
});

test('a cancel is heard, and nothing else', () => {
  expect(heard('/v1/payment_intents/pi_1/cancel', '')).toMatchObject([
    { operation: 'cancel', intentId: 'pi_1' },
  ]);
  expect(heard('/v1/payment_intents/pi_1/apply_customer_balance', '')).toEqual([]);
});

test('an intent whose money is only to be held says so, and so does its confirm', () => {
  const writes = [
    ...heard('/v1/payment_intents', `amount=500&currency=usd&capture_method=manual&${METADATA}`),
    ...heard('/v1/payment_intents/pi_1/confirm', ''),
  ];
  const { prepares, calls } = callsIn(writes, [INTENT]);
  expect([...prepares, ...calls]).toMatchObject([{ captureMethod: 'manual' }, { captureMethod: 'manual' }]);
});

test('a capture is one of its intent, in minor units', () => {
  const writes = heard('/v1/payment_intents/pi_1/capture', 'amount_to_capture=20000');
  expect(callsIn(writes, [INTENT]).endCalls).toEqual([
    { ...ARRIVAL, operation: 'capture', key: 'key-1', chargeId: 'pi_1', amount: 200 },
  ]);
});

test('a cancel is a void if it has the key of one', () => {
  const [cancel] = heard('/v1/payment_intents/pi_1/cancel', '');
  if (cancel === undefined) throw new Error('nothing was heard');
  const key = endKey('r', 'void', 2);
  expect(callsIn([cancel, { ...cancel, key }], [INTENT]).endCalls).toEqual([
    { ...ARRIVAL, operation: 'void', key, chargeId: 'pi_1', amount: null },
  ]);
});

function booked(id: string, changes: Partial<LedgerCharge> = {}): LedgerCharge {
  return charge('o', 1, { id, idempotency_key: 'pi_1', ...changes });
}

test('the ledger names intents, and the keys of their charges and refunds', () => {
  const refund = { id: 're_1', status: 'succeeded', amount: 5, idempotency_key: 'x', created_at: '' };
  const books = { intents: [INTENT], refundKeys: new Map([['re_1', 'refund-key']]) };
  expect(inIntents([booked('ch_1', { refunds: [refund] })], books)).toMatchObject([
    { id: 'pi_1', idempotency_key: 'charge-key', refunds: [{ id: 're_1', idempotency_key: 'refund-key' }] },
  ]);
});

test('of an intent that was declined and then paid, what was paid counts', () => {
  const declined = booked('ch_1', { status: 'declined', live: false });
  const books = { intents: [INTENT], refundKeys: new Map() };
  expect(inIntents([declined, booked('ch_2')], books)).toMatchObject([{ status: 'succeeded' }]);
  expect(inIntents([declined], books)).toMatchObject([{ status: 'declined' }]);
});
