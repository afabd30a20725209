/** The client against the real service, where the network is fine: every call that it has. */
import { describe, expect, test } from 'vitest';
import type { PayonceClient } from '../../src/client/api.ts';
import { createClient } from '../../src/client/client.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import { createCapturingGateway } from '../support/capturing.ts';
import { createRefundingGateway } from '../support/refunding.ts';
import { approve, decline } from '../support/scripted-gateway.ts';
import { until } from '../support/until.ts';
import { openService } from './service.ts';

const TERMS = { amountMinor: 10_000, currency: 'USD' };

/** Over a socket, with the global fetch. */
async function clientOf(gateway: Gateway): Promise<PayonceClient> {
  const service = await openService(gateway);
  return createClient({ baseUrl: await service.listen() });
}

/** What a list holds. */
async function all<Thing, Shown>(
  list: AsyncIterable<Thing>,
  show: (thing: Thing) => Shown,
): Promise<Shown[]> {
  const shown: Shown[] = [];
  for await (const each of list) shown.push(show(each));
  return shown;
}

test('a second try is another attempt, and charges once more only after the first has failed', async () => {
  const gateway = createRefundingGateway();
  const client = await clientOf(gateway);
  gateway.play = (call) => (call.request.method === 'bad' ? decline(call) : approve(call));
  const order = { ...TERMS, orderId: 'again' };
  expect(await client.charge({ ...order, method: 'bad' })).toMatchObject({
    outcome: 'declined',
    safeToRetryWithNewKey: true,
  });
  // The same attempt is the same charge, and with another card it is a mistake.
  expect((await client.charge({ ...order, method: 'bad' })).outcome).toBe('declined');
  expect(await client.charge({ ...order, method: 'good' })).toMatchObject({
    outcome: 'refused',
    code: 'idempotency_key_reused',
  });
  expect(gateway.calls).toHaveLength(1);
  for (const attempt of [2, 2, 3, 4])
    expect((await client.charge({ ...order, method: 'good' }, { attempt })).outcome).toBe('paid');
  expect((await client.charge({ ...order, method: 'bad' })).outcome).toBe('declined');
  expect(gateway.calls).toHaveLength(2);
});

test('a caller that gave up waiting learns the outcome by asking again', async () => {
  const gateway = createRefundingGateway();
  const client = await clientOf(gateway);
  const controller = new AbortController();
  let finish = (): void => {};
  gateway.play = async ({ charge }) => {
    controller.abort(new Error('the shopper is gone'));
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return charge();
  };
  const order = { ...TERMS, orderId: 'gone' };
  await expect(client.charge(order, { signal: controller.signal })).rejects.toThrow('the shopper is gone');
  const again = client.charge(order);
  finish();
  expect(await again).toMatchObject({ outcome: 'paid', replayed: true });
  expect(gateway.calls).toHaveLength(1);
});

test('payments, refunds and their trails are found again', async () => {
  const client = await clientOf(createRefundingGateway());
  const ids: string[] = [];
  for (const orderId of ['one', 'two', 'thrée / &?#']) {
    const result = await client.charge({ ...TERMS, orderId, metadata: { note: 'é' } });
    if (result.outcome === 'paid') ids.unshift(result.payment.paymentId);
  }
  expect(await all(client.payments({ pageSize: 2 }), ({ paymentId }) => paymentId)).toEqual(ids);
  expect(await all(client.payments({ orderId: 'thrée / &?#' }), ({ orderId }) => orderId)).toEqual([
    'thrée / &?#',
  ]);
  expect(await all(client.payments({ status: 'REVIEW' }), ({ orderId }) => orderId)).toEqual([]);
  const [paymentId = ''] = ids;
  expect(
    await all(client.events(paymentId, { pageSize: 1 }), ({ type, chargeN }) => [type, chargeN]),
  ).toEqual([
    ['payment.created', 1],
    ['payment.completed', 1],
  ]);
  for (const refundId of ['a/b', 'c d', '%2E'])
    for (const replayed of [false, true])
      expect(await client.refund({ paymentId, amountMinor: 1, refundId })).toMatchObject({
        outcome: 'refunded',
        replayed,
      });
  expect(await client.findRefund(paymentId, 'a/b')).toMatchObject({ refundId: 'a/b', status: 'SUCCEEDED' });
  expect(await client.findRefund(paymentId, 'none')).toBeNull();
  expect(await all(client.refunds(paymentId, { pageSize: 2 }), ({ refundId }) => refundId)).toEqual([
    '%2E',
    'c d',
    'a/b',
  ]);
  expect(await all(client.refundEvents(paymentId, '%2E'), ({ type }) => type)).toEqual([
    'refund.created',
    'refund.succeeded',
  ]);
  expect(await client.payment(paymentId)).toMatchObject({ sums: { refundedMinor: 3 }, actions: ['refund'] });
  expect(await client.payment(paymentId.replace(/.$/, 'f').replace(/^./, 'f'))).toBeNull();
  expect(await client.findCapture(paymentId)).toBeNull();
  expect(await client.lookNow(paymentId)).toMatchObject({ outcome: 'refused', code: 'nothing_to_look_at' });
  await expect(all(client.refunds(paymentId.replace(/^./, 'f')), () => 0)).rejects.toMatchObject({
    code: 'payment_not_found',
  });
});

test('money that is held is let go, and what has become of it is found again', async () => {
  const client = await clientOf(createCapturingGateway());
  const held = await client.charge({ ...TERMS, orderId: 'held', captureMethod: 'manual' });
  if (held.outcome !== 'authorized') throw new Error(held.outcome);
  const { paymentId } = held.payment;
  expect(await client.payment(paymentId)).toMatchObject({
    sums: { authorizedMinor: 10_000, capturedMinor: 0 },
    actions: ['capture', 'void', 'look_now'],
  });
  expect(await client.capture({ paymentId, amountMinor: 10_001 })).toMatchObject({
    outcome: 'refused',
    code: 'capture_exceeds_authorized',
  });
  for (const attempt of [1, 1, 2])
    expect(await client.void({ paymentId, metadata: { why: 'sold out' } }, { attempt })).toMatchObject({
      outcome: 'voided',
      operation: { orderId: 'held', metadata: { why: 'sold out' } },
    });
  expect(await client.findVoid(paymentId)).toMatchObject({ operation: 'void', status: 'SUCCEEDED' });
  expect(await all(client.voidEvents(paymentId), ({ type }) => type)).toEqual([
    'void.created',
    'void.succeeded',
  ]);
  await expect(all(client.captureEvents(paymentId), () => 0)).rejects.toMatchObject({
    code: 'operation_not_found',
  });
  expect(
    (await client.charge({ ...TERMS, orderId: 'held', captureMethod: 'manual' }, { attempt: 2 })).outcome,
  ).toBe('released');
});

describe('an operator', () => {
  test('finds what is in REVIEW, has it looked up, and says how it ended', async () => {
    const gateway = createRefundingGateway();
    gateway.play = () => ({ kind: 'mismatch', ref: 'ch_9', reason: 'amount_mismatch' });
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    const client = await clientOf(gateway);
    const result = await client.charge({ ...TERMS, orderId: 'odd' });
    expect(result).toMatchObject({ outcome: 'review', reason: 'amount_mismatch' });
    const [found] = await all(client.payments({ status: 'REVIEW' }), (payment) => payment);
    if (found === undefined) throw new Error('nothing is in REVIEW');
    const { paymentId } = found;
    expect(found.actions).toEqual(['look_now', 'resolve']);
    expect(await client.lookNow(paymentId, { actor: 'amira' })).toMatchObject({
      outcome: 'accepted',
      payment: { paymentId, status: 'REVIEW' },
    });
    const stated = { paymentId, evidence: 'ticket 4711', actor: 'amira' };
    const completed = { ...stated, outcome: 'completed', gatewayRef: 'ch_9', amountMinor: 1 } as const;
    expect(await client.resolve(completed)).toMatchObject({ outcome: 'refused', code: 'amount_differs' });
    expect(await client.resolve({ ...completed, amountMinor: 10_000 })).toMatchObject({
      outcome: 'accepted',
      payment: { paymentId },
    });
    await until('the word counts', async () => (await client.payment(paymentId))?.status === 'COMPLETED');
  });
});
