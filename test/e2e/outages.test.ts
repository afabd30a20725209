/** The whole gateway is away, or does not let us in. */
import { expect, test, vi } from 'vitest';
import * as step from './gateway/steps.ts';
import { eventually } from './support/eventually.ts';
import { onStage } from './support/stage.ts';

vi.setConfig({ testTimeout: 60_000 });

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

test.concurrent.each([401, 403])(
  '%i: calls stop, no order fails, no attempt is used up, all complete when mended',
  async (code) =>
    onStage({}, async ({ gateway, client, quiet, judge }) => {
      gateway.outage = step.status(code, { error: 'who are you?' });
      const orders = names('forbidden', 12);
      for (const orderId of orders) await client.pay({ orderId, key: orderId, prefer: 'respond-async' });
      const firstMs = await eventually('a first call', () => gateway.ledger.requests[0]?.atMs);
      await eventually('three pauses to pass', () => Date.now() > firstMs + 1000);
      const during = gateway.ledger.requests.length;
      gateway.outage = null;
      const payments = await quiet();
      expect(payments.map(({ status, attempts }) => ({ status, attempts }))).toEqual(
        orders.map(() => ({ status: 'COMPLETED', attempts: 1 })),
      );
      // Those under way at once, then one pause after another: not 12 calls every 20 ms.
      expect(during).toBeLessThan(orders.length * 4);
      expect(await judge()).toEqual([]);
    }),
);

test.concurrent('connections refused: no storm, and afterwards all settles', async () =>
  onStage({}, async ({ gateway, client, quiet, judge }) => {
    await gateway.shut();
    const orders = names('refused', 30);
    for (const orderId of orders) await client.pay({ orderId, key: orderId, prefer: 'respond-async' });
    const startedMs = Date.now();
    await eventually('a while', () => Date.now() > startedMs + 1500);
    await gateway.open();
    await quiet();
    expect(await judge()).toEqual([]);
    await eventually('a payment to complete again', async () => {
      return (await client.pay({ orderId: `again-${Math.random()}` })).status === 201;
    });
  }));

test.each([
  ['errors', step.error(500)],
  ['timeouts', step.lostBefore],
  ['resets', step.dropBefore],
] as const)(
  'an outage of %s: the breaker spares the gateway, then all completes or fails with proof',
  async (_, one) =>
    onStage({}, async ({ gateway, client, quiet, judge }) => {
      gateway.outage = one;
      const orders = names('outage', 60);
      for (const orderId of orders) await client.pay({ orderId, key: orderId, prefer: 'respond-async' });
      const startedMs = Date.now();
      await eventually('the outage to last', () => Date.now() > startedMs + 2500);
      const during = gateway.ledger.requests.length;
      gateway.outage = null;
      await quiet(30_000);
      expect(await judge()).toEqual([]);
      // Without a breaker or a budget it would be four times as many calls as orders.
      expect(during).toBeLessThan(orders.length * 3);
      expect((await client.pay({ orderId: 'after', key: 'after' })).status).toBe(201);
    }),
);
