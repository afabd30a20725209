/** The exact contract of the demo. */
import { expect, test } from 'vitest';
import * as step from './gateway/steps.ts';
import { json } from './support/client.ts';
import { onStage } from './support/stage.ts';

test('start and track', async () =>
  onStage({}, async (stage) => {
    const { client, gateway, identity } = stage;
    const paid = await client.start('ORD123', '100.0');
    expect(paid.status).toBe(200);
    expect(Object.keys(json(paid))).toEqual(['payment_id']);
    const id = String(json(paid).payment_id);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(gateway.ledger.requestsOf('ORD123')).toMatchObject([
      { key: identity.key('ORD123', 1), body: { amount: 10_000, currency: 'USD' } },
    ]);

    const tracked = await client.get(`/payments/${id}/`);
    expect(tracked.status).toBe(200);
    expect(Object.keys(json(tracked))).toEqual([
      'payment_id',
      'order_id',
      'amount',
      'status',
      'attempts',
      'created_at',
      'updated_at',
    ]);
    expect(json(tracked)).toMatchObject({
      payment_id: id,
      order_id: 'ORD123',
      amount: 100,
      status: 'COMPLETED',
      attempts: 1,
    });

    for (const amount of ['100.0', '100', '1e2', '100.00', '1000e-1']) {
      const again = await client.start('ORD123', amount);
      expect([amount, again.status, json(again)]).toEqual([amount, 200, { payment_id: id }]);
    }
    expect((await client.start('ORD123', '100.01')).status).toBe(409);
    expect(gateway.ledger.requestsOf('ORD123')).toHaveLength(1);

    for (const [amount, minor] of [
      ['0.1', 10],
      ['0.29', 29],
      ['1.15', 115],
      ['4.35', 435],
      ['1e-2', 1],
      ['19.99', 1999],
    ] as const) {
      expect([amount, (await client.start(`exact-${amount}`, amount)).status]).toEqual([amount, 200]);
      expect(gateway.ledger.requestsOf(`exact-${amount}`)[0]?.body.amount).toBe(minor);
    }

    gateway.plan('declined', step.declined);
    const failed = await client.start('declined', '5');
    expect([failed.status, json(failed)]).toEqual([502, { error: 'Gateway error' }]);
    const again = await client.start('declined', '5');
    expect([again.status, json(again)]).toEqual([502, { error: 'Gateway error' }]);
    expect(gateway.ledger.requestsOf('declined')).toHaveLength(1);
    expect((await client.start('declined', '6')).status).toBe(409);

    // An Idempotency-Key means nothing here, as in the demo.
    const keyed = await client.send('POST', '/payments/start/', '{"order_id":"declined","amount":5}', {
      'idempotency-key': 'a-new-key',
    });
    expect(keyed.status).toBe(502);
    const other = await client.send('POST', '/payments/start/', '{"order_id":"keyed","amount":5}', {
      'idempotency-key': 'a-new-key',
    });
    expect(other.status).toBe(200);

    await stage.start({ SEED_WAIT_MS: '700' });
    const { step: pending, release } = step.heldPending('succeeded');
    gateway.plan('slow', pending);
    const slow = await client.start('slow', '5');
    expect(slow.status).toBe(202);
    expect(Object.keys(json(slow))).toEqual(['payment_id']);
    release();
    const done = await stage.reaches('slow', 'COMPLETED');
    expect(json(await client.start('slow', '5'))).toEqual({ payment_id: done.payment_id });
    expect(json(slow)).toEqual({ payment_id: done.payment_id });
    expect(await stage.judge()).toEqual([]);
  }));
