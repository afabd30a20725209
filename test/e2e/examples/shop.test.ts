/** The shops of `examples/shop`, each with its real framework, at a gateway that loses answers. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { addressOf, run } from './program.ts';
import { http, openWorld } from './world.ts';

const SECRET = Buffer.alloc(32, 7).toString('base64');
const HOUR_MS = 3_600_000;

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: unknown;
}

/** Headers of an event as Standard Webhooks sign it. */
function signed(id: string, body: string, secret = SECRET): Record<string, string> {
  const at = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(secret, 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': `v1,${signature}` };
}

test.each([
  ['Express', 'examples/shop/express.mjs'],
  ['Fastify', 'examples/shop/fastify.mjs'],
  ['Next.js', 'test/e2e/examples/next-host.mjs'],
])('%s: one charge for each order, and a true answer', async (_name, program) => {
  const faults = { pending: { rate: 0, delay_ms: HOUR_MS } };
  const world = await openWorld({ faults }, http);
  const env = { PAYONCE_URL: world.serviceUrl, PAYONCE_WEBHOOK_SECRET: `whsec_${SECRET}` };
  const shop = run([program], env);
  const url = await addressOf(shop);

  async function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
    const all = { 'content-type': 'application/json', ...headers };
    const response = await fetch(url + path, { method: 'POST', headers: all, body });
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter, body: await response.json() };
  }
  const pay = (orderId: string, form: object) => post(`/orders/${orderId}/pay`, JSON.stringify(form));
  /** Asks again for as long as it is pending, as a page does. */
  const ends = (orderId: string, form: object) =>
    until(`${orderId} to end`, async () => {
      const answer = await pay(orderId, form);
      return answer.status === 202 ? null : answer;
    });

  // Twice at once, and the gateway charges and hangs up.
  const lost = { method: 'tok_drop_after_once' };
  const [first, second] = await Promise.all([ends('ORD1', lost), ends('ORD1', lost)]);
  expect([first.status, second.status, first.body]).toEqual([200, 200, { state: 'paid' }]);
  expect(await world.charges('ORD1')).toBe(1);

  expect(await ends('ORD2', { method: 'tok_declined' })).toMatchObject({
    status: 402,
    body: { state: 'declined', nextAttempt: 2 },
  });
  expect((await ends('ORD2', { method: 'tok_visa', attempt: 2 })).status).toBe(200);
  expect(await world.charges('ORD2')).toBe(1);

  expect(await pay('ORD3', { method: 'tok_pending' })).toEqual({
    status: 202,
    retryAfter: expect.stringMatching(/^[1-9]\d*$/),
    body: { state: 'pending', nextAction: null },
  });

  expect((await pay('ORD4', lost)).status).toBe(404);
  expect((await pay('ORD3', { method: 'tok_visa', attempt: 'x' })).status).toBe(400);
  expect(await pay('ORD3', { method: 'tok_visa' })).toMatchObject({
    status: 409,
    body: { state: 'refused', code: 'idempotency_key_reused' },
  });

  // An event that tells of a paid order, from Payonce, from Payonce again, and from somebody else.
  const found = await fetch(`${world.serviceUrl}/v1/payments?order_id=ORD1`);
  const { data } = (await found.json()) as { data: { payment_id: string }[] };
  const event = JSON.stringify({ type: 'payment.succeeded', data: { payment_id: data[0]?.payment_id } });
  const other = Buffer.alloc(32, 8).toString('base64');
  const sent = [signed('evt_1', event), signed('evt_1', event), signed('evt_1', event, other), {}];
  const statuses = [];
  for (const headers of sent) statuses.push((await post('/payonce', event, headers)).status);
  expect(statuses).toEqual([200, 200, 400, 400]);

  expect(shop.output().match(/ship \w+/g)).toEqual(['ship ORD1', 'ship ORD2']);
});
