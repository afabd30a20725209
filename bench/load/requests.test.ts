import { expect, test } from 'vitest';
import { createOrders, createRequestWriter, newRun, orderIdOf, paymentIdOf } from './requests.ts';

test('a request is complete, with the order in its address if the address has a place for it', () => {
  const write = createRequestWriter('http://127.0.0.1:81', '/payments/{order_id}/charge');
  const text = write({ orderId: 'o1', key: 'k1', prefer: 'respond-async' });
  const [head = '', body = ''] = text.split('\r\n\r\n');
  expect(head.split('\r\n')).toEqual([
    'POST /payments/o1/charge HTTP/1.1',
    'Host: 127.0.0.1:81',
    'Content-Type: application/json',
    'Idempotency-Key: k1',
    'Prefer: respond-async',
    `Content-Length: ${body.length}`,
  ]);
  expect(JSON.parse(body)).toMatchObject({ order_id: 'o1', amount: 10000, currency: 'USD' });
  expect(orderIdOf(text)).toBe('o1');
});

test('without a key there is no header', () => {
  const write = createRequestWriter('http://a', '/p');
  expect(write({ orderId: 'o', key: null })).not.toMatch(/idempotency|prefer|authorization/i);
});

test('an API key is in each request', () => {
  const write = createRequestWriter('http://a', '/p', 'po_test_1');
  const [head = ''] = write({ orderId: 'o', key: null }).split('\r\n\r\n');
  expect(head.split('\r\n')).toContain('Authorization: Bearer po_test_1');
});

test('orders and keys never come twice', () => {
  const [one, two] = [createOrders(newRun()), createOrders(newRun())];
  const orders = Array.from({ length: 2000 }, () => [one(), two()]).flat();
  expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(4000);
  expect(new Set(orders.map(({ key }) => key)).size).toBe(4000);
});

test('the payment of an answer is the one that it names', () => {
  expect(paymentIdOf('{"payment_id":"p1","x":1}')).toBe('p1');
  expect(paymentIdOf('{"error":"x"}')).toBeNull();
});
