/** The engine as its callers see it, apart from charging. */
import { describe, expect, it } from 'vitest';
import { later } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { KEYLESS, keyed, order, told } from '../../test/support/virtual-world.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import { StoreError } from '../ports/store.ts';
import { toPayment } from './answer.ts';

describe('reading', () => {
  it('shows payments as they are stored, and null if there is none', async () => {
    const { engine } = await world.replica(gateway);
    await world.ended(engine.charge(order('o1'), KEYLESS));
    await world.pass(1);
    await world.ended(engine.charge(order('o2'), KEYLESS));
    const shown = (orderId: string) => {
      const payment = toPayment(world.stored(orderId), true);
      const sums = {
        capturedMinor: payment.amountMinor,
        refundingMinor: 0,
        refundedMinor: 0,
        elsewhereMinor: 0,
      };
      return { ...payment, sums, actions: [] };
    };
    const [first, second] = [shown('o1'), shown('o2')];
    expect(await world.ended(engine.payment('default', first.paymentId))).toEqual(first);
    expect(await world.ended(engine.payment('another', first.paymentId))).toBeNull();
    expect(await world.ended(engine.payments('default', { limit: 10 }))).toEqual([second, first]);
    expect(await world.ended(engine.payments('default', { limit: 10, orderId: 'o1' }))).toEqual([first]);
  });

  it('shows the trail of one payment', async () => {
    const { engine } = await world.replica(gateway);
    await world.ended(engine.charge(order('o1'), KEYLESS));
    const { paymentId } = world.stored('o1');
    const events = await world.ended(engine.events('default', paymentId, { after: 1, limit: 10 }));
    expect(events?.map(({ seq, type }) => [seq, type])).toEqual([[2, 'payment.completed']]);
  });
});

describe('readiness', () => {
  it('means that the database answers and no drain has begun', async () => {
    const { engine, store } = await world.replica(gateway);
    expect(await world.ended(engine.ready())).toBe(true);
    store.goDown();
    expect(await world.ended(engine.ready())).toBe(false);
    store.heal();
    await world.ended(engine.stop());
    expect(await world.ended(engine.ready())).toBe(false);
  });

  it('says what is missing', async () => {
    const { engine, store } = await world.replica(gateway);
    const reason = () => world.ended(engine.notReady());
    expect(await reason()).toBeNull();
    store.check = () => Promise.reject(new StoreError('refused', 'no right'));
    expect(await reason()).toBe('database_refuses');
    store.check = () => Promise.reject(new StoreError('unavailable', 'lost'));
    expect(await reason()).toBe('database_unavailable');
    await world.ended(engine.stop());
    expect(await reason()).toBe('stopping');
  });

  it('is not answered if something else is wrong', async () => {
    const { engine, store } = await world.replica(gateway);
    store.check = () => Promise.reject(new TypeError('a fault'));
    await expect(world.ended(engine.ready())).rejects.toThrow(TypeError);
  });
});

describe('stopping', () => {
  it('refuses new requests, finishes what is under way, and logs no warning', async () => {
    const { engine, logged } = await world.replica(gateway);
    gateway.play = ({ charge }) =>
      new Promise((resolve) => {
        world.clock.after(500, () => resolve(charge()));
      });
    const waiting = engine.charge(order('o1'), KEYLESS);
    await world.pass(100);
    const stopped = engine.stop();
    const refused = await world.ended(engine.charge(order('o2'), KEYLESS));
    expect([told(refused), refused.kind === 'problem' && refused.payment]).toEqual([
      'shutting_down',
      undefined,
    ]);
    await world.ended(stopped);
    expect(world.nowMs).toBe(500);
    expect(told(await waiting)).toBe('completed 201');
    expect(logged.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('answers waiting clients with what is known when its time is over, by default ten seconds', async () => {
    const { engine, logged } = await world.replica(gateway);
    gateway.play = () => new Promise(() => {});
    const waiting = engine.charge(order('o1'), { waitMs: 60_000 });
    await world.pass(50);
    await world.ended(engine.stop());
    expect([world.nowMs, told(await world.ended(waiting))]).toEqual([10_050, '202 PROCESSING']);
    expect(logged).toContainEqual({
      level: 'warn',
      fields: { limit_ms: 10_000 },
      message: 'the drain took too long; the rest is left to its lease',
    });
  });

  it('if requested twice, ends for both when everything under way has ended', async () => {
    const { engine, logged } = await world.replica(gateway);
    gateway.play = () =>
      new Promise((resolve) => world.clock.after(500, () => resolve({ kind: 'approved', ref: 'ch_1' })));
    void engine.charge(order('o1'), { waitMs: 60_000 });
    await world.pass(100);
    const both = [engine.stop(), engine.stop()];
    for (const stopped of both) await world.ended(stopped);
    expect(world.nowMs).toBeLessThan(1000);
    expect(logged.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('waits until late news of money is stored, from an adapter that was given up', async () => {
    const { engine, store } = await world.replica(gateway, { policy: { maxAttempts: 1 } });
    const answer = later<CallOutcome>();
    gateway.play = () => answer.promise;
    void engine.charge(order('o1'), { waitMs: 0 });
    await world.pass(11_000);
    const database = later<void>();
    const { addEvidence } = store;
    store.addEvidence = (evidence) => database.promise.then(() => addEvidence(evidence));
    await answer.come({ kind: 'approved', ref: 'ch_late' });
    let hasEnded = false;
    const stopped = engine.stop().then(() => {
      hasEnded = true;
    });
    await world.pass(5000);
    expect([hasEnded, world.stored('o1').evidence]).toEqual([false, 0]);
    await database.come();
    await stopped;
    expect(world.stored('o1').evidence).toBe(1);
  });

  it('ends the sweeps', async () => {
    const { engine, store } = await world.replica(gateway);
    await world.pass(2000);
    await world.ended(engine.stop());
    store.used.length = 0;
    await world.pass(5000);
    expect(store.used).toEqual([]);
  });

  it('leaves payments that wait for their next step to the next sweep, and answers their clients', async () => {
    const { engine } = await world.replica(gateway);
    gateway.play = () => ({ kind: 'refused', reason: 'dns', retryAfterMs: 5000 });
    const waiting = engine.charge(order('o1'), keyed('k'));
    await world.pass(100);
    await world.ended(engine.stop());
    expect(world.nowMs).toBe(100);
    expect(told(await world.ended(waiting))).toBe('202 PROCESSING');
    await world.pass(20_000);
    expect(gateway.calls.length).toBe(1);
  });
});
