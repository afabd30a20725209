/** What one charge request gets, by its key, its order and what happened to it. `charge-*.test.ts` have the rest. */
import { describe, expect, it } from 'vitest';
import { chargingReplica, lateEvidence, slowly } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import {
  approve,
  createScriptedGateway,
  decline,
  error500,
  never,
} from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import { toPayment } from './answer.ts';
import type { ChargeAnswer } from './api.ts';

const HOUR = 3_600_000;

const start = (settings: VirtualSettings = {}, at = gateway) => chargingReplica(world, at, settings);

async function settledAnswer(asked: Promise<ChargeAnswer>) {
  const answer = await asked;
  if (answer.kind !== 'settled') throw new Error('It is not settled.');
  return answer;
}

describe('a new order', () => {
  it('is charged, and the answer is the frozen one', async () => {
    const { charge } = await start();
    const answer = await charge(keyed('k'));
    const { paymentId, answer: stored } = world.stored('o1');
    expect(answer).toEqual({
      kind: 'settled',
      frozen: { problem: null, body: stored?.body },
      paymentId,
      started: true,
      replayed: false,
    });
  });

  it.each([
    ['with', keyed('k')],
    ['without', KEYLESS],
  ])('is charged in two statements, one before the call and one after it (%s a key)', async (_, options) => {
    const { charge, uses } = await start();
    expect(told(await charge(options))).toBe('completed 201');
    expect([uses('accept'), uses('advance'), uses('situation')]).toEqual([1, 1, 0]);
  });

  it('is not waited for by a request that does not want to wait', async () => {
    gateway.play = slowly(world, 10);
    const { charge } = await start();
    expect(await charge({ waitMs: 0 })).toEqual({
      kind: 'unsettled',
      payment: toPayment(world.stored('o1'), true),
      retryAfterMs: 1000,
      replayed: false,
    });
    expect(world.nowMs).toBe(0);
  });
});

describe('a key that was used', () => {
  it('gets the same answer again without the database, as a replay', async () => {
    const { charge, store } = await start();
    const first = await charge(keyed('k'));
    store.used.length = 0;
    expect(await charge(keyed('k'))).toEqual({ ...first, replayed: true });
    expect(store.used).toEqual([]);
  });

  it('gets the same answer from the database if nothing is kept in memory', async () => {
    const { charge } = await start({ cacheEntries: 0 });
    const first = await charge(keyed('k'));
    expect(await charge(keyed('k'))).toEqual({ ...first, replayed: true });
  });

  it('gets it from memory again once it was read', async () => {
    const first = await (await start()).charge(keyed('k'));
    const { charge, store } = await start();
    await charge(keyed('k'));
    store.used.length = 0;
    expect(await charge(keyed('k'))).toEqual({ ...first, replayed: true });
    expect(store.used).toEqual([]);
  });

  it.each([0, 1000])(
    'is refused for other terms, and nothing is sent (kept in memory: %i)',
    async (cacheEntries) => {
      const { charge } = await start({ cacheEntries });
      await charge(keyed('k'));
      const answer = await charge(keyed('k'), { amountMinor: 5 });
      expect(answer).toMatchObject({ kind: 'problem', code: 'idempotency_key_reused', replayed: false });
      expect(answer).not.toHaveProperty('payment');
      expect(gateway.calls.length).toBe(1);
    },
  );

  it('is a replay even while its charge is under way', async () => {
    gateway.play = never;
    const { charge } = await start();
    expect(await charge(keyed('k', 0))).toMatchObject({ kind: 'unsettled', replayed: false });
    expect(await charge(keyed('k', 0))).toMatchObject({ kind: 'unsettled', replayed: true });
  });

  it('gets the payment as it is once its answer was erased, and not before', async () => {
    const { charge } = await start({ answerRetentionMs: HOUR });
    const first = await charge(keyed('k'));
    await world.pass(HOUR - 1);
    expect(await charge(keyed('k'))).toEqual({ ...first, replayed: true });
    await world.pass(2);
    expect(await charge(keyed('k'))).toMatchObject({
      kind: 'problem',
      code: 'result_expired',
      payment: { orderId: 'o1', status: 'COMPLETED' },
    });
  });
});

describe('a key that comes when the order’s answer was erased', () => {
  it.each([0, 1000])('gets the payment as it is, every time (kept in memory: %i)', async (cacheEntries) => {
    const { charge } = await start({ answerRetentionMs: HOUR, cacheEntries });
    const { paymentId } = await settledAnswer(charge(keyed('a')));
    await world.pass(2 * HOUR);
    const first = await charge(keyed('b'));
    expect(first).toMatchObject({ kind: 'settled', paymentId, started: false, replayed: false });
    expect(told(first)).toBe('completed 200');
    for (const waitMs of [HOUR, 10 * HOUR]) {
      await world.pass(waitMs);
      expect(await charge(keyed('b'))).toEqual({ ...first, replayed: true });
    }
    // The key that had an answer still gets the error that it is gone.
    expect(told(await charge(keyed('a')))).toBe('result_expired');
    expect(gateway.calls.length).toBe(1);
  });

  it('is bound: other terms and another order are refused', async () => {
    const { charge } = await start({ answerRetentionMs: HOUR });
    await charge(keyed('a'));
    await world.pass(2 * HOUR);
    await charge(keyed('b'));
    expect(told(await charge(keyed('b'), { amountMinor: 5 }))).toBe('idempotency_key_reused');
    expect(told(await charge(keyed('b'), { orderId: 'o2' }))).toBe('idempotency_key_reused');
    expect(gateway.calls.length).toBe(1);
  });

  it('starts the next charge if the order has failed', async () => {
    const { charge } = await start({ answerRetentionMs: HOUR });
    gateway.play = decline;
    await charge(keyed('a'));
    await world.pass(2 * HOUR);
    expect(told(await charge(KEYLESS))).toBe('card_declined');
    gateway.play = approve;
    expect(told(await charge(keyed('b')))).toBe('completed 201');
  });
});

describe('an order that has a payment', () => {
  it('is joined by another key while it is under way: charged once, and started by one', async () => {
    gateway.play = slowly(world, 500);
    const { engine, charge } = await start();
    const first = engine.charge(order('o1'), keyed('a'));
    const second = await charge(keyed('b'));
    expect([told(second), second.replayed, world.nowMs]).toEqual(['completed 200', false, 500]);
    expect(told(await first)).toBe('completed 201');
    expect([(await charge(keyed('b'))).replayed, gateway.calls.length]).toEqual([true, 1]);
  });

  it('is joined by another key for good, even if that request does not wait', async () => {
    gateway.play = never;
    const { charge } = await start();
    await charge(keyed('a', 0));
    expect(await charge(keyed('b', 0))).toMatchObject({ kind: 'unsettled', replayed: false });
    expect(await charge(keyed('b', 0))).toMatchObject({ kind: 'unsettled', replayed: true });
  });

  it('is joined without a key while it is under way', async () => {
    gateway.play = slowly(world, 500);
    const { engine, charge } = await start();
    void engine.charge(order('o1'), KEYLESS);
    const second = await charge(KEYLESS);
    expect([told(second), second.replayed]).toEqual(['completed 200', false]);
  });

  it('is found by another key and without one once it is completed', async () => {
    const { charge } = await start();
    const first = await charge(keyed('a'));
    for (const options of [keyed('b'), KEYLESS]) {
      expect(await charge(options)).toEqual({ ...first, started: false, replayed: false });
    }
    expect(gateway.calls.length).toBe(1);
  });

  it('conflicts with other terms, and shows the payment', async () => {
    const { charge } = await start();
    await charge(keyed('a'));
    for (const options of [keyed('b'), KEYLESS]) {
      for (const terms of [{ amountMinor: 5 }, { currency: 'EUR' }]) {
        expect(await charge(options, terms)).toMatchObject({
          kind: 'problem',
          code: 'order_conflict',
          payment: { amountMinor: 1000, currency: 'USD' },
        });
      }
    }
  });

  it('gives keyless requests the payment as it is once the frozen answer has expired', async () => {
    const { charge } = await start({ answerRetentionMs: HOUR });
    const first = await charge(KEYLESS);
    await world.pass(2 * HOUR);
    expect(world.stored('o1').answer).toBeNull();
    expect(await charge(KEYLESS)).toEqual({ ...first, started: false });
  });

  it('keeps nothing in memory for a key that finds it without its answer, because others would lose their place', async () => {
    const { charge, store } = await start({ answerRetentionMs: HOUR, cacheEntries: 2 });
    await charge(KEYLESS);
    await world.pass(2 * HOUR);
    for (const key of ['x', 'y']) await charge(keyed(key), { orderId: key });
    expect(told(await charge(keyed('b')))).toBe('completed 200');
    store.used.length = 0;
    for (const key of ['x', 'y'])
      expect(await charge(keyed(key), { orderId: key })).toMatchObject({ started: true, replayed: true });
    expect(store.used).toEqual([]);
  });

  it('gives a keyless request the failure again, with the same bytes', async () => {
    gateway.play = decline;
    const { charge } = await start();
    const first = await charge(KEYLESS);
    expect(told(first)).toBe('card_declined');
    expect(await charge(KEYLESS)).toEqual({ ...first, started: false });
  });
});

describe('an order whose charge failed', () => {
  it('is charged again under a new key, with new terms', async () => {
    gateway.play = decline;
    const { charge } = await start();
    await charge(keyed('a'));
    gateway.play = approve;
    const answer = await charge(keyed('b'), { amountMinor: 700 });
    expect([told(answer), answer.replayed]).toEqual(['completed 201', false]);
    expect(gateway.calls.map(({ amountMinor }) => amountMinor)).toEqual([1000, 700]);
    expect(new Set(gateway.calls.map(({ key }) => key)).size).toBe(2);
    expect(gateway.lookups).toEqual([]);
    expect(told(await charge(keyed('a')))).toBe('card_declined');
  });

  it('has its next charge opened in one statement, after the one that reads it', async () => {
    gateway.play = decline;
    const { charge, store } = await start();
    await charge(keyed('a'));
    gateway.play = approve;
    store.used.length = 0;
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(store.used.map(({ method }) => method)).toEqual([
      'accept',
      'situation',
      'openNextCharge',
      'advance',
    ]);
  });

  it('by absence is looked up before the next charge if the gateway has lookups', async () => {
    gateway.play = () => error500;
    const { charge } = await start();
    expect(told(await charge(keyed('a')))).toBe('gateway_failed');
    gateway.play = approve;
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(world.trail('o1').slice(-4)).toEqual([
      'charge.opened',
      'verify.clear',
      'call.started',
      'payment.completed ch_1',
    ]);
  });

  it('by absence is charged again without a lookup if the gateway has none', async () => {
    const mute = createScriptedGateway({ lookup: false });
    mute.play = () => ({ kind: 'refused', reason: 'dns' });
    const { charge } = await start({}, mute);
    expect(told(await charge(keyed('a')))).toBe('gateway_failed');
    mute.play = approve;
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(world.trail('o1').slice(-2)).toEqual(['charge.opened', 'payment.completed ch_1']);
  });

  it('has its next charge started even if the acknowledgement was lost', async () => {
    gateway.play = decline;
    const { charge, store } = await start();
    await charge(keyed('a'));
    gateway.play = approve;
    store.fail('openNextCharge', 'ack_lost');
    expect(told(await charge(keyed('b')))).toBe('store_outcome_unknown');
    await world.pass(60_000);
    expect(gateway.calls.length).toBe(2);
    const answer = await charge(keyed('b'));
    expect([told(answer), answer.replayed]).toEqual(['completed 201', true]);
  });

  it('is not charged again while late evidence is checked: the request waits for that', async () => {
    gateway.play = () => error500;
    const { charge, store } = await start();
    await charge(keyed('a'));
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    await lateEvidence(world, store);
    const calls = gateway.calls.length;
    for (const options of [keyed('b', 2000), { waitMs: 2000 }]) {
      expect(await charge(options)).toMatchObject({
        kind: 'unsettled',
        replayed: false,
        payment: { status: 'FAILED', inDoubt: true },
      });
    }
    expect(gateway.calls.length).toBe(calls);
  });
});

describe('an order in review', () => {
  it('binds another key if it has not failed before', async () => {
    gateway.play = () => ({ kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' });
    const { charge } = await start();
    await charge(keyed('a'));
    for (const replayed of [false, true])
      expect(await charge(keyed('b'))).toMatchObject({ payment: { status: 'REVIEW' }, replayed });
  });

  it('binds no other key if it had failed before: the new key is for the next charge, if there is one', async () => {
    gateway.play = decline;
    const { charge, store, uses } = await start();
    await charge(keyed('a'));
    await lateEvidence(world, store);
    await world.pass(1000);
    expect(world.stored('o1')).toMatchObject({ problem: 'card_declined', operation: { status: 'REVIEW' } });
    for (const replayed of [false, false])
      expect(await charge(keyed('b'))).toMatchObject({ payment: { status: 'REVIEW' }, replayed });
    expect([uses('bindKey'), uses('openNextCharge'), gateway.calls.length]).toEqual([0, 0, 1]);
    expect(told(await charge(keyed('a')))).toBe('card_declined');
  });
});

describe('a request at a paused gateway', () => {
  it('stores its order, which is called when the pause is over', async () => {
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    const { charge, store } = await start();
    for (const orderId of ['o1', 'o3']) await charge({ waitMs: 0 }, { orderId });
    await world.pass(1000);
    gateway.play = approve;
    const waiting = world.ended(
      store
        .situation({ accountId: 'default', orderId: 'o2', keyHash: null })
        .then(() => charge({ waitMs: 0 }, { orderId: 'o2' })),
    );
    expect(told(await waiting)).toBe('202 PROCESSING');
    expect(world.stored('o2')).toMatchObject({
      held: false,
      operation: { attempts: 0, firstSentAtMs: null },
    });
    await world.pass(28_000);
    expect(gateway.calls.length).toBe(2);
    await world.pass(2000);
    expect(world.trail('o2')).toEqual([
      'payment.created',
      'call.started',
      expect.stringContaining('payment.completed'),
    ]);
  });
});
