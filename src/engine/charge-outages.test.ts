/** What a charge request gets that loses the database: no more than is known. */
import { describe, expect, it } from 'vitest';
import { chargingReplica, noTimePasses, openCall } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { approve, never } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import { toPayment } from './answer.ts';

const start = (settings: VirtualSettings = {}) => chargingReplica(world, gateway, settings);

const nothing = (): void => {};

describe('a request that loses the database', () => {
  it('before anything is stored says that nothing was stored, and when to retry', async () => {
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
        fields: { alarm: 'database_unavailable', err: expect.any(Error), kind: 'unavailable' },
        message: expect.stringContaining('the database cannot be used'),
      },
    ]);
    expect(gateway.calls.length).toBe(0);
  });

  it('while it stores tries every tenth of a second for three seconds, and then says that it does not know', async () => {
    const { charge, store } = await start();
    store.fail('accept', 'lost');
    store.fail('accept', ...Array.from({ length: 100 }, () => 'unavailable' as const));
    expect(told(await charge(keyed('k')))).toBe('store_outcome_unknown');
    const tried = store.used.filter(({ method }) => method === 'accept').map(({ atMs }) => atMs);
    expect([tried[1], tried.length, tried.at(-1)]).toEqual([100, 32, 3100]);
  });

  it.each(['ack_lost', 'lost'] as const)(
    'while it stores continues as the starter, whether it was stored or not: %s',
    async (fault) => {
      const { charge, store } = await start();
      store.fail('accept', fault);
      const answer = await charge(keyed('k'));
      expect([told(answer), answer.replayed, gateway.calls.length]).toEqual(['completed 201', false, 1]);
      expect(world.trail('o1')).toEqual(['payment.created', 'payment.completed ch_1']);
    },
  );

  it.each(['refused', 'unfit'] as const)(
    'that finds the intent %s is not asked to repeat it at once',
    async (fault) => {
      const { charge, store } = await start();
      store.fail('accept', fault);
      expect(await charge(keyed('k'))).toMatchObject({ code: 'store_refused', retryAfterMs: 30_000 });
      expect([gateway.calls.length, world.database.row('default', 'o1')]).toEqual([0, undefined]);
    },
  );

  it('that refuses the intent behind a lost acknowledgement does not claim that nothing was stored', async () => {
    const { charge, store } = await start();
    store.fail('accept', 'lost', ...Array.from({ length: 100 }, () => 'refused' as const));
    expect(told(await charge(KEYLESS))).toBe('store_outcome_unknown');
  });

  it('while it stores counts time and lease from before that, by the database’s clock', async () => {
    const { charge, store } = await start({ policy: { leaseMs: 2000 } });
    store.fail('accept', 'ack_lost');
    let timeoutMs = 0;
    gateway.play = ({ options, charge: approved }) => {
      timeoutMs = options.timeoutMs;
      return approved();
    };
    await charge(keyed('k'));
    // A tenth of a second until the next try. A quarter is the lease's margin.
    expect(timeoutMs).toBe(2000 - 100 - 250);
    const { createdAtMs, updatedAtMs } = world.stored('o1');
    expect(updatedAtMs - createdAtMs).toBe(100);
  });

  it('while it stores at a paused gateway leaves what was stored to the sweep', async () => {
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    const { charge, store } = await start({ policy: { forbiddenPauseMs: 700 } });
    await charge({ waitMs: 0 }, { orderId: 'o2' });
    await charge({ waitMs: 0 }, { orderId: 'o3' });
    gateway.play = approve;
    store.fail('accept', 'ack_lost');
    const answer = await charge(keyed('k'));
    expect([told(answer), answer.replayed]).toEqual(['completed 201', false]);
    expect(world.trail('o1')).toEqual(['payment.created', 'call.started', 'payment.completed ch_3']);
    expect(world.nowMs).toBeLessThan(2000);
  });

  it('after a lost acknowledgement does not say that nothing was stored', async () => {
    const { charge, store } = await start();
    store.fail('accept', 'ack_lost');
    store.fail('situation', 'unavailable');
    expect(told(await charge(keyed('k')))).toBe('store_outcome_unknown');
  });

  it('for an order that it has read says that it is being charged', async () => {
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

  it('for a settled order does not say that it is being charged', async () => {
    const { charge, store } = await start();
    await charge(keyed('a'));
    store.fail('bindKey', 'unavailable');
    expect(told(await charge(keyed('b')))).toBe('store_unavailable');
    store.fail('bindKey', 'lost');
    expect(told(await charge(keyed('c')))).toBe('store_outcome_unknown');
  });

  it('for a known order that it has not read says that nothing was stored', async () => {
    gateway.play = never;
    const { charge, store } = await start();
    await charge(keyed('a', 0));
    store.fail('situation', 'unavailable');
    expect(told(await charge(keyed('b')))).toBe('store_unavailable');
  });

  it('after it has bound its key shows what it has read, and is no replay', async () => {
    gateway.play = never;
    const { charge, store } = await start();
    await charge(keyed('a', 0));
    store.before('situation', nothing, () => store.fail('situation', 'unavailable'));
    expect(await charge(keyed('b'))).toEqual({
      kind: 'unsettled',
      payment: toPayment(world.stored('o1'), true),
      retryAfterMs: 1000,
      replayed: false,
    });
  });

  it('with a key that it has read is a replay', async () => {
    gateway.play = never;
    const { charge } = await start();
    await charge(keyed('a', 0));
    const other = await start();
    other.store.before('situation', nothing, () => other.store.fail('situation', 'unavailable'));
    expect(await other.charge(keyed('a'))).toEqual({
      kind: 'unsettled',
      payment: toPayment(world.stored('o1'), true),
      retryAfterMs: 1000,
      replayed: true,
    });
  });

  it.each([{ amountMinor: 700 }, { currency: 'EUR' }])(
    'does not say that it is being charged if the order is now charged on other terms: %o',
    async (terms) => {
      const call = openCall();
      gateway.play = call.play;
      const { engine, charge, store } = await start();
      void engine.charge(order('o1'), keyed('a'));
      const nextCharge = async () => {
        gateway.play = never;
        void engine.charge(order('o1', terms), keyed('b'));
        await noTimePasses();
        store.fail('situation', 'unavailable');
      };
      store.before('situation', nothing, nextCharge);
      world.clock.after(500, () => void call.end({ kind: 'declined', code: 'no_funds' }));
      expect(told(await charge(KEYLESS))).toBe('store_unavailable');
      expect(world.stored('o1')).toMatchObject({ order: terms, operation: { n: 2, status: 'PROCESSING' } });
    },
  );

  it('rejects for an error that is not the database’s', async () => {
    const { charge, store } = await start();
    store.accept = () => Promise.reject(new TypeError('a fault'));
    await expect(charge(keyed('k'))).rejects.toThrow(TypeError);
  });

  it('rejects for it even if it does not know what was stored', async () => {
    const { charge, store } = await start();
    store.fail('accept', 'lost');
    store.before('accept', nothing, () => {
      throw new TypeError('a fault');
    });
    await expect(charge(keyed('k'))).rejects.toThrow(TypeError);
    expect(world.nowMs).toBe(100);
  });
});
