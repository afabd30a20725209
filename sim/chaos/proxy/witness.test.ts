import { expect, test } from 'vitest';
import { type Call, createWitness } from './witness.ts';

function request(method: string, path: string, body: string): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: gateway\r\nIdempotency-Key: key-1\r\ncontent-length: ${body.length}`;
  return `${head}\r\n\r\n${body}`;
}

const charge = JSON.stringify({ amount: 5, currency: 'USD', reference: 'r', order_id: 'o' });
const call = { key: 'key-1', reference: 'r', orderId: 'o', amount: 5, currency: 'USD' };

function hear(...pieces: string[]): Omit<Call, 'replica' | 'atMs'>[] {
  const calls: Omit<Call, 'replica' | 'atMs'>[] = [];
  const witness = createWitness((heard) => calls.push(heard));
  for (const piece of pieces) witness(Buffer.from(piece));
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
    call,
  ]);
});

test('a request that broke off is no call', () => {
  expect(hear(request('POST', '/charges', charge).slice(0, -1))).toEqual([]);
});
