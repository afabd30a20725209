/** What one charge request is told, on every way that it can take. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  approve,
  createScriptedGateway,
  error500,
  type Play,
  type ScriptedGateway,
} from '../../test/support/scripted-gateway.ts';
import {
  createVirtualWorld,
  KEYLESS,
  keyed,
  order,
  told,
  type VirtualSettings,
  type VirtualWorld,
} from '../../test/support/virtual-world.ts';
import { toPayment } from './answer.ts';
import type { ChargeAnswer, ChargeOptions } from './api.ts';

const HOUR = 3_600_000;
let world: VirtualWorld;
let gateway: ScriptedGateway;
beforeEach(() => {
  world = createVirtualWorld();
  gateway = createScriptedGateway();
});

const never: Play = () => new Promise(() => {});
const decline: Play = () => ({ kind: 'declined', code: 'no_funds' });
const slowly =
  (ms: number): Play =>
  ({ charge }) =>
    new Promise((resolve) => {
      world.clock.after(ms, () => resolve(charge()));
    });

/** A replica, and what it tells in one word or two. */
async function start(settings: VirtualSettings = {}, at = gateway) {
  const replica = await world.replica(at, settings);
  const charge = (options: ChargeOptions, changes: Parameters<typeof order>[1] = {}): Promise<ChargeAnswer> =>
    world.ended(replica.engine.charge(order('o1', changes), options));
  const uses = (method: string): number => replica.store.used.filter((use) => use.method === method).length;
  return { ...replica, charge, uses };
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

  it('is not waited for by who does not want to wait', async () => {
    gateway.play = slowly(10);
    const { charge } = await start();
    expect(await charge({ waitMs: 0 })).toEqual({
      kind: 'unsettled',
      payment: toPayment(world.stored('o1')),
      retryAfterMs: 1000,
      replayed: false,
    });
    expect(world.nowMs).toBe(0);
  });

  it('is waited for until the last millisecond', async () => {
    gateway.play = slowly(500);
    const { charge } = await start();
    expect(told(await charge({ waitMs: 501 }))).toBe('completed 201');
    expect(world.nowMs).toBe(500);
  });

  it('is no longer waited for when the time is over', async () => {
    gateway.play = slowly(500);
    const { charge } = await start();
    expect(told(await charge({ waitMs: 499 }))).toBe('202 PROCESSING');
    expect(world.nowMs).toBe(499);
  });

  it('ends the wait where a person must decide', async () => {
    gateway.play = () => ({ kind: 'mismatch', chargeId: 'ch', reason: 'amount_mismatch' });
    const { charge } = await start();
    const answer = await charge(keyed('k'));
    expect([told(answer), answer.kind === 'unsettled' && answer.retryAfterMs]).toEqual([
      '202 REVIEW',
      60_000,
    ]);
    expect(told(await charge(keyed('k')))).toBe('202 REVIEW');
    expect(world.nowMs).toBe(0);
  });
});

describe('a key that was used', () => {
  it('gets the same answer again without the database, and is told that it is a replay', async () => {
    const { charge, store } = await start();
    const first = await charge(keyed('k'));
    store.used.length = 0;
    expect(await charge(keyed('k'))).toEqual({ ...first, replayed: true });
    expect(store.used).toEqual([]);
  });

  it('gets the same answer from the database where nothing is kept in memory', async () => {
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

  it('is a replay while its charge is under way, too', async () => {
    gateway.play = never;
    const { charge } = await start();
    expect(await charge(keyed('k', 0))).toMatchObject({ kind: 'unsettled', replayed: false });
    expect(await charge(keyed('k', 0))).toMatchObject({ kind: 'unsettled', replayed: true });
  });

  it('is told that its answer was erased, with the payment as it stands, and not before', async () => {
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

describe('an order that has a payment', () => {
  it('is joined by another key while it is under way: charged once, and started by one', async () => {
    gateway.play = slowly(500);
    const { engine, charge } = await start();
    const first = engine.charge(order('o1'), keyed('a'));
    const second = await charge(keyed('b'));
    expect([told(second), second.replayed, world.nowMs]).toEqual(['completed 200', false, 500]);
    expect(told(await first)).toBe('completed 201');
    expect([(await charge(keyed('b'))).replayed, gateway.calls.length]).toEqual([true, 1]);
  });

  it('is joined without a key while it is under way', async () => {
    gateway.play = slowly(500);
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

  it('tells keyless requests the payment as it stands where the frozen answer has expired', async () => {
    const { charge } = await start({ answerRetentionMs: HOUR });
    const first = await charge(KEYLESS);
    await world.pass(2 * HOUR);
    expect(world.stored('o1').answer).toBeNull();
    expect(await charge(KEYLESS)).toEqual({ ...first, started: false });
  });

  it('tells a keyless request the failure again, with the same bytes', async () => {
    gateway.play = decline;
    const { charge } = await start();
    const first = await charge(KEYLESS);
    expect(told(first)).toBe('card_declined');
    expect(await charge(KEYLESS)).toEqual({ ...first, started: false });
  });
});

describe('an order that another process works on', () => {
  it('is read again after ever longer pauses, from 50 ms to a second', async () => {
    const other = createScriptedGateway();
    other.play = slowly(6000);
    const elsewhere = await start({}, other);
    void elsewhere.engine.charge(order('o1'), keyed('a'));
    await world.pass(1);
    const { charge, store } = await start();
    const answer = await charge(keyed('a'));
    expect([told(answer), answer.replayed, gateway.calls.length]).toEqual(['completed 201', true, 0]);
    const reads = store.used.filter(({ method }) => method === 'situation').map(({ atMs }) => atMs - 1);
    const pauses = reads.slice(1).map((atMs, index) => atMs - (reads[index] ?? 0));
    expect(pauses.map(Math.round)).toEqual([50, 75, 113, 169, 253, 380, 570, 854, 1000, 1000, 1000, 1000]);
  });

  it('is read once more when the wait is over: it may just have been settled', async () => {
    const other = createScriptedGateway();
    other.play = slowly(300);
    const elsewhere = await start({}, other);
    void elsewhere.engine.charge(order('o1'), keyed('a'));
    await world.pass(1);
    const { charge } = await start();
    for (const options of [keyed('a', 0), { waitMs: 0 }])
      expect(told(await charge(options))).toBe('202 PROCESSING');
    await world.pass(299);
    expect(told(await charge(keyed('a', 0)))).toBe('completed 201');
    expect(told(await charge({ waitMs: 0 }))).toBe('completed 200');
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

  it('by absence is asked after before the next charge, where the gateway can be asked', async () => {
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

  it('by absence is charged again without asking where the gateway cannot be asked', async () => {
    const mute = createScriptedGateway({ lookup: false });
    mute.play = () => ({ kind: 'refused', reason: 'dns' });
    const { charge } = await start({}, mute);
    expect(told(await charge(keyed('a')))).toBe('gateway_failed');
    mute.play = approve;
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(world.trail('o1').slice(-2)).toEqual(['charge.opened', 'payment.completed ch_1']);
  });

  it('has its next charge started by the request whose acknowledgement was lost, too', async () => {
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

  it('is not charged again while late evidence is looked into: the request waits for that', async () => {
    gateway.play = () => error500;
    const { charge, store } = await start();
    await charge(keyed('a'));
    const { paymentId } = world.stored('o1');
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    await world.ended(
      store.addEvidence({
        payment: { accountId: 'default', orderId: 'o1', paymentId },
        chargeN: 1,
        outcome: { kind: 'approved', chargeId: 'ch_late' },
      }),
    );
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

describe('a request that loses the database', () => {
  it('before anything is stored says that nothing was, and when to come back', async () => {
    const { charge, store, logged } = await start();
    store.fail('accept', 'unavailable');
    expect(await charge(keyed('k'))).toMatchObject({
      kind: 'problem',
      code: 'store_unavailable',
      retryAfterMs: 1000,
      replayed: false,
    });
    expect(logged).toEqual([
      {
        level: 'error',
        fields: { err: expect.any(Error), kind: 'unavailable' },
        message: 'the database could not be used for a charge request',
      },
    ]);
    expect(gateway.calls.length).toBe(0);
  });

  it('while it stores tries for three seconds, every tenth of one, and then does not claim to know', async () => {
    const { charge, store } = await start();
    store.fail('accept', 'lost');
    store.fail('accept', ...Array.from({ length: 100 }, () => 'unavailable' as const));
    expect(told(await charge(keyed('k')))).toBe('store_outcome_unknown');
    const tried = store.used.filter(({ method }) => method === 'accept').map(({ atMs }) => atMs);
    expect([tried[1], tried.length, tried.at(-1)]).toEqual([100, 32, 3100]);
  });

  it('while it stores goes on as the starter of what was stored', async () => {
    const { charge, store } = await start();
    store.fail('accept', 'ack_lost');
    const answer = await charge(keyed('k'));
    expect([told(answer), answer.replayed, gateway.calls.length]).toEqual(['completed 201', false, 1]);
    expect(world.trail('o1')).toEqual(['payment.created', 'payment.completed ch_1']);
  });

  it('behind a lost acknowledgement does not claim that nothing was stored', async () => {
    const { charge, store } = await start();
    store.fail('accept', 'ack_lost');
    store.fail('situation', 'unavailable');
    expect(told(await charge(keyed('k')))).toBe('store_outcome_unknown');
  });

  it('of an order that it has read is told that it is being charged', async () => {
    gateway.play = never;
    const { charge, store } = await start();
    await charge(keyed('a', 0));
    store.fail('bindKey', 'unavailable');
    expect(await charge(keyed('b'))).toMatchObject({
      kind: 'unsettled',
      payment: { orderId: 'o1', status: 'PROCESSING' },
      retryAfterMs: 1000,
      replayed: false,
    });
  });

  it('of an order that is settled is not told that it is being charged', async () => {
    const { charge, store } = await start();
    await charge(keyed('a'));
    store.fail('bindKey', 'unavailable');
    expect(told(await charge(keyed('b')))).toBe('store_unavailable');
    store.fail('bindKey', 'lost');
    expect(told(await charge(keyed('c')))).toBe('store_outcome_unknown');
  });

  it('before it has read anything of a known order says that nothing was stored', async () => {
    gateway.play = never;
    const { charge, store } = await start();
    await charge(keyed('a', 0));
    store.fail('situation', 'unavailable');
    expect(told(await charge(keyed('b')))).toBe('store_unavailable');
  });

  it('after it has bound its key is told what is known', async () => {
    const { charge, store } = await start({ cacheEntries: 0 });
    await charge(keyed('a'));
    const situations = store.situation;
    let reads = 0;
    store.situation = (query) => {
      reads += 1;
      if (reads === 2) store.fail('situation', 'unavailable');
      return situations(query);
    };
    expect(await charge(keyed('b'))).toMatchObject({ kind: 'settled', started: false, replayed: false });
  });

  it('at the end of its wait is told what was read before', async () => {
    const other = createScriptedGateway();
    other.play = never;
    void (await start({}, other)).engine.charge(order('o1'), keyed('a'));
    await world.pass(1);
    const { charge, store } = await start();
    const situations = store.situation;
    let reads = 0;
    store.situation = (query) => {
      reads += 1;
      if (reads === 2) store.fail('situation', 'unavailable');
      return situations(query);
    };
    expect(await charge(keyed('a', 0))).toMatchObject({
      kind: 'unsettled',
      payment: { status: 'PROCESSING' },
    });
    expect(reads).toBe(2);
  });

  it('fails openly for what is none of the database’s doing', async () => {
    const { charge, store } = await start();
    store.accept = () => Promise.reject(new TypeError('a fault'));
    await expect(charge(keyed('k'))).rejects.toThrow(TypeError);
  });
});

describe('a request at a paused gateway', () => {
  it('stores its order, which is called when the pause is over', async () => {
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    const { charge, store } = await start();
    await charge({ waitMs: 0 });
    await world.pass(1000);
    gateway.play = approve;
    const waiting = world.ended(
      store
        .situation({ accountId: 'default', orderId: 'o2', keyHash: null })
        .then(() => charge({ waitMs: 0 }, { orderId: 'o2' })),
    );
    expect(told(await waiting)).toBe('202 PROCESSING');
    expect(world.stored('o2')).toMatchObject({ held: false, charge: { attempts: 0, firstSentAtMs: null } });
    await world.pass(28_000);
    expect(gateway.calls.length).toBe(1);
    await world.pass(2000);
    expect(world.trail('o2')).toEqual(['payment.created', 'call.started', 'payment.completed ch_2']);
  });
});
