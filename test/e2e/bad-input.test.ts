/** A refused request never calls the gateway, leaves no payment, and never gets a 500. */
import { afterAll, expect, test } from 'vitest';
import { BODIES } from '../http/bad-bodies.ts';
import { json } from './support/client.ts';
import { openStage } from './support/stage.ts';

const stage = await openStage();
const { client, gateway } = stage;
afterAll(() => stage.close());

const good = { order_id: 'bad', amount: 10_000, currency: 'USD' };

async function expectRefused(
  status: number,
  body: string | Buffer,
  headers?: Record<string, string>,
  path = '/v1/payments',
) {
  const answer = await client.send('POST', path, body, headers);
  expect([answer.status, answer.text]).toEqual([status, answer.text]);
  if (path === '/v1/payments') expect(json(answer).code).toEqual(expect.any(String));
}

test.each(BODIES)('400: $name', ({ payload }) => expectRefused(400, payload));

test('other refusals: 404, 405, 413, 415', async () => {
  await expectRefused(404, JSON.stringify(good), {}, '/v1/payment');
  await expectRefused(413, JSON.stringify({ ...good, metadata: { note: 'x'.repeat(70_000) } }));
  await expectRefused(415, JSON.stringify(good), { 'content-type': 'text/plain' });
  expect((await client.send('PUT', '/v1/payments', '{}')).status).toBe(405);
  for (const path of [
    '/v1/payments/nonsense',
    '/v1/payments/01936b1e-7f2a-7c3d-8e4f-0123456789ab',
    '/payments/x/',
  ]) {
    const { status } = await client.get(path);
    expect([path, status]).toEqual([path, 404]);
  }
});

test('afterwards the gateway has seen nothing, and there is no payment', async () => {
  expect(gateway.ledger.requests).toEqual([]);
  expect(gateway.ledger.lookups).toEqual([]);
  expect(await stage.payments()).toEqual([]);
  expect(stage.service().running()).toBe(true);
});

test('unusual but valid order ids are kept apart and never changed', async () => {
  const ids = [
    'x'.repeat(255),
    ' x',
    'x',
    'x ',
    'X',
    '\u00e9',
    'e\u0301',
    '\u{1f4b3}',
    '\uffff',
    '../x',
    'a\nb',
    '"',
    '%00',
    "'; --",
  ];
  for (const orderId of ids) {
    const answer = await client.pay({ orderId });
    expect([orderId, answer.status, json(answer).order_id]).toEqual([orderId, 201, orderId]);
    expect((await stage.payment(orderId)).order_id).toBe(orderId);
  }
  expect(gateway.ledger.requests.map(({ body }) => body.order_id)).toEqual(ids);
  expect(await stage.judge()).toEqual([]);
});
