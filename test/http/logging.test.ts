import { expect, it } from 'vitest';
import { createServer } from '../../src/http/server.ts';
import { OPEN_ACCESS } from '../support/open-access.ts';
import { body, harness, PAYMENT_ID, payment, SECRET } from './support.ts';

it('a request is one line of known fields', async () => {
  const { post, lines } = harness();
  await post(
    { ...body, method: `tok_${SECRET}`, metadata: { [SECRET]: SECRET } },
    {
      'idempotency-key': SECRET,
      authorization: SECRET,
      cookie: SECRET,
      'x-request-id': SECRET,
    },
  );
  expect(lines).toEqual([
    {
      level: 30,
      time: expect.any(Number),
      pid: expect.any(Number),
      hostname: expect.any(String),
      msg: 'request',
      method: 'POST',
      route: '/v1/payments',
      status: 201,
      duration_ms: expect.any(Number),
      account_id: 'default',
      payment_id: PAYMENT_ID,
    },
  ]);
});

it.each([
  ['GET', `/v1/payments?order_id=${SECRET}`, '/v1/payments'],
  ['GET', `/v1/payments/${PAYMENT_ID}?${SECRET}`, '/v1/payments/:id'],
  ['GET', `/v1/payments/${SECRET}/events`, '/v1/payments/:id/events'],
  ['GET', `/payments/${SECRET}/`, '/payments/:id/'],
  ['PUT', `/payments/${SECRET}/`, '(none)'],
  ['GET', `/${SECRET}?${SECRET}`, '(none)'],
  ['GET', `/%ff${SECRET}`, '(none)'],
] as const)('%s %s is logged as %s', async (method, url, route) => {
  const { inject, lines } = harness({ payment: () => payment });
  await inject({ method, url });
  expect(lines).toEqual([expect.objectContaining({ method, route, duration_ms: expect.any(Number) })]);
});

it('a logger without children, serializers or levels is enough', async () => {
  const entries: object[] = [];
  const write = (entry: object) => void entries.push(entry);
  const app = createServer({
    access: OPEN_ACCESS,
    payonce: {
      charge: () => Promise.reject(new Error('unused')),
      payment: async () => null,
      payments: async () => [],
      events: async () => null,
      refund: () => Promise.reject(new Error('unused')),
      findRefund: async () => null,
      refunds: async () => null,
      refundEvents: async () => null,
      capture: () => Promise.reject(new Error('unused')),
      void: () => Promise.reject(new Error('unused')),
      findExclusive: async () => null,
      exclusiveEvents: async () => null,
      lookNow: () => Promise.reject(new Error('unused')),
      resolve: () => Promise.reject(new Error('unused')),
      gatewayWebhook: () => Promise.reject(new Error('unused')),
      ready: async () => true,
      notReady: async () => null,
    },
    logger: { debug: write, info: write, warn: write, error: write },
  });
  await app.inject({ method: 'GET', url: '/v1/payments' });
  await app.close();
  expect(entries).toEqual([expect.objectContaining({ route: '/v1/payments', status: 200 })]);
});
