/** The whole gateway is down, or refuses our credentials. */
import { expect, test } from 'vitest';
import { inParallel } from '../../sim/chaos/in-parallel.ts';
import { until } from '../support/until.ts';
import * as step from './gateway/steps.ts';
import { FAST } from './support/service.ts';
import { onStage } from './support/stage.ts';

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

test.concurrent.each([401, 403])(
  '%i: calls stop, no order fails, no attempt is used up, all complete when it is fixed',
  async (code) =>
    onStage({}, async ({ gateway, client, quiet, judge }) => {
      gateway.outage = step.status(code, { error: 'who are you?' });
      const orders = names('forbidden', 12);
      for (const orderId of orders) await client.pay({ orderId, key: orderId, prefer: 'respond-async' });
      const firstMs = await until('a first call', () => gateway.ledger.requests[0]?.atMs);
      await until('three pauses to pass', () => Date.now() > firstMs + 1000);
      const during = gateway.ledger.requests.length;
      const pauses = (Date.now() - firstMs) / Number(FAST.FORBIDDEN_PAUSE_MS);
      gateway.outage = null;
      const payments = await quiet();
      expect(payments.map(({ status, attempts }) => ({ status, attempts }))).toEqual(
        orders.map(() => ({ status: 'COMPLETED', attempts: 1 })),
      );
      // An order is called again only after a pause, not every 20 ms.
      expect(during).toBeLessThanOrEqual(orders.length * (1 + pauses));
      expect(await judge()).toEqual([]);
    }),
);

test.concurrent('connections refused: few calls, and afterwards all settles', async () =>
  onStage({}, async ({ gateway, client, quiet, judge }) => {
    await gateway.shut();
    const orders = names('refused', 30);
    for (const orderId of orders) await client.pay({ orderId, key: orderId, prefer: 'respond-async' });
    const startedMs = Date.now();
    await until('a while', () => Date.now() > startedMs + 1500);
    await gateway.open();
    await quiet();
    expect(await judge()).toEqual([]);
    await until('a payment to complete again', async () => {
      return (await client.pay({ orderId: `again-${Math.random()}` })).status === 201;
    });
  }));

test('connections refused: an order with give_up_after_s waits for the end of the outage', async () =>
  onStage({}, async ({ gateway, client, payment, reaches, judge }) => {
    await gateway.shut();
    const body = { order_id: 'patient', amount: 1000, currency: 'USD', give_up_after_s: 600 };
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'p', prefer: 'respond-async' };
    const pay = () => client.send('POST', '/v1/payments', JSON.stringify(body), headers);
    expect((await pay()).status).toBe(202);
    // More calls than an order gets without its own time limit.
    await until('a sixth call', async () => (await payment('patient')).attempts >= 6);
    const answer = JSON.parse((await pay()).text);
    expect([answer.status, 'next_attempt_at' in answer]).toEqual(['PROCESSING', true]);
    await gateway.open();
    await reaches('patient', 'COMPLETED');
    expect((await pay()).status).toBe(201);
    expect(await judge()).toEqual([]);
  }));

test('connections refused: an order whose time is over fails, and is never called', async () =>
  onStage({}, async ({ gateway, client, reaches, judge }) => {
    await gateway.shut();
    const body = { order_id: 'hasty', amount: 1000, currency: 'USD', give_up_after_s: 1 };
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'h' };
    const answer = await client.send('POST', '/v1/payments', JSON.stringify(body), headers);
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([502, 'gateway_failed']);
    await gateway.open();
    await reaches('hasty', 'FAILED');
    expect([gateway.ledger.requests.length, await judge()]).toEqual([0, []]);
  }));

/** How many calls the breaker lets through at once, and its shortest pause after them: after errors, and after silence. */
const PROBES = 10;
const [AFTER_ERRORS, AFTER_SILENCE] = [500, 1000];

test.each([
  ['errors', step.error(500), AFTER_ERRORS, {}],
  ['timeouts', step.lostBefore, AFTER_SILENCE, { CALL_TIMEOUT_MS: '700', LEASE_MS: '1500' }],
  ['resets', step.dropBefore, AFTER_SILENCE, {}],
] as const)(
  'an outage of %s: the breaker spares the gateway, then all completes or fails with proof',
  async (_, one, pauseMs, env) =>
    onStage({ env }, async ({ gateway, client, quiet, judge }) => {
      gateway.outage = one;
      const orders = names('outage', 60);
      const startedMs = Date.now();
      await inParallel(orders, 20, (orderId) =>
        client.pay({ orderId, key: orderId, prefer: 'respond-async' }),
      );
      await until('the outage to last', () => Date.now() > startedMs + 2500);
      const during = gateway.ledger.requests.length;
      const pauses = (Date.now() - startedMs) / pauseMs;
      gateway.outage = null;
      await quiet();
      expect(await judge()).toEqual([]);
      // The calls until the outage is noticed, those under way then, and the probes. Without a breaker, each order would get four calls.
      expect(during).toBeLessThanOrEqual(orders.length * 2 + PROBES * (1 + pauses));
      expect((await client.pay({ orderId: 'after', key: 'after' })).status).toBe(201);
    }),
);
