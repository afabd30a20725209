import { expect, test } from 'vitest';
import { type Call, createWitness, type EndCall, type Heard, type RefundCall } from './witness.ts';

type HeardCall = Heard<Call> | Heard<RefundCall> | Heard<EndCall>;

function request(method: string, path: string, body: string): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: gateway\r\nIdempotency-Key: key-1\r\ncontent-length: ${body.length}`;
  return `${head}\r\n\r\n${body}`;
}

const charge = JSON.stringify({ amount: 5, currency: 'USD', reference: 'r', order_id: 'o' });
const call = {
  key: 'key-1',
  reference: 'r',
  orderId: 'o',
  amount: 5,
  currency: 'USD',
  leftMs: 0,
  hungUpMs: null,
};

const into = (calls: HeardCall[]) => ({
  onCharge: (call: Heard<Call>) => void calls.push(call),
  onRefund: (call: Heard<RefundCall>) => void calls.push(call),
  onEnd: (call: Heard<EndCall>) => void calls.push(call),
});

/** The pieces arrive a millisecond apart. */
function hear(...pieces: string[]): HeardCall[] {
  const calls: HeardCall[] = [];
  const witness = createWitness(into(calls));
  for (const [arrivedMs, piece] of pieces.entries())
    witness(Buffer.from(piece), { arrivedMs, hungUpMs: null });
  return calls;
}

test('hears a charge, however it was cut on its way', () => {
  const whole = request('POST', '/charges', charge);
  expect(hear(...whole)).toEqual([call]);
});

test('hears every charge of one connection, and no lookup', () => {
  const lookup = request('GET', '/charges?idempotency_key=key-1', '');
  expect(hear(request('POST', '/charges', charge) + lookup, request('POST', '/charges', charge))).toEqual([
    call,
    { ...call, leftMs: 1 },
  ]);
});

test('hears a refund, with the charge that it is of', () => {
  const path = '/v1/charges/ch_1/refunds';
  expect(hear(request('POST', path, '{"amount":5}'))).toEqual([
    { key: 'key-1', chargeId: 'ch_1', amount: 5, leftMs: 0, hungUpMs: null },
  ]);
});

test('hears that the money is only to be held, and how it is captured or voided', () => {
  const held = JSON.stringify({ ...JSON.parse(charge), capture: false });
  expect(hear(request('POST', '/charges', held))).toEqual([{ ...call, captureMethod: 'manual' }]);
  const times = { leftMs: 0, hungUpMs: null };
  expect(hear(request('POST', '/charges/ch_1/capture', '{"amount":5}'))).toEqual([
    { operation: 'capture', key: 'key-1', chargeId: 'ch_1', amount: 5, ...times },
  ]);
  expect(hear(request('POST', '/charges/ch_1/void', '{}'))).toEqual([
    { operation: 'void', key: 'key-1', chargeId: 'ch_1', amount: null, ...times },
  ]);
});

test('tells when the first byte left, and when its sender had hung up by the last', () => {
  const calls: HeardCall[] = [];
  const witness = createWitness(into(calls));
  const whole = Buffer.from(request('POST', '/charges', charge));
  witness(whole.subarray(0, 10), { arrivedMs: 5, hungUpMs: null });
  witness(whole.subarray(10), { arrivedMs: 7, hungUpMs: 90 });
  expect(calls).toEqual([{ ...call, leftMs: 5, hungUpMs: 90 }]);
});

test('a request that broke off is no call', () => {
  expect(hear(request('POST', '/charges', charge).slice(0, -1))).toEqual([]);
});
