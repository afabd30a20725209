/** Charge requests that overtake each other: for an order, for a key, for the next charge. */
import { describe, expect, it } from 'vitest';
import { chargingReplica, slowly } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { approve, decline } from '../../test/support/scripted-gateway.ts';
import { keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';

const start = (settings: VirtualSettings = {}) => chargingReplica(world, gateway, settings);

describe('an order that is there and is gone again', () => {
  it('is accepted by the next turn', async () => {
    const { charge, store, uses } = await start();
    const accept = store.accept;
    store.accept = async () => {
      store.accept = accept;
      return { kind: 'exists' };
    };
    const answer = await charge(keyed('k'));
    expect([told(answer), answer.replayed]).toEqual(['completed 201', false]);
    expect([uses('situation'), gateway.calls.length]).toEqual([1, 1]);
  });

  it('is given up after a thousand turns, and nothing is sent', async () => {
    const { charge, store, uses } = await start();
    store.accept = async () => ({ kind: 'exists' });
    await expect(charge(keyed('k'))).rejects.toThrow('overtaken too often; it sent nothing');
    expect([uses('accept'), uses('situation'), gateway.calls.length]).toEqual([1001, 1000, 0]);
  });

  it('is a fault if its key has an answer', async () => {
    const { charge, store } = await start({ cacheEntries: 0 });
    await charge(keyed('k'));
    const situation = store.situation;
    store.situation = async (query) => ({ ...(await situation(query)), payment: null });
    await expect(charge(keyed('k'))).rejects.toThrow('A replay without an answer.');
  });

  it('is read again if its key waits for an answer', async () => {
    gateway.play = slowly(world, 500);
    const { engine, charge, store } = await start();
    void engine.charge(order('o1'), keyed('k'));
    const situation = store.situation;
    store.situation = async (query) => {
      store.situation = situation;
      return { ...(await situation(query)), payment: null };
    };
    expect(told(await charge(keyed('k')))).toBe('completed 201');
  });
});

describe('two requests with one key', () => {
  it('both find the settled order, and one of them is a replay', async () => {
    const { engine, charge } = await start();
    await charge(keyed('a'));
    const both = await world.ended(Promise.all([1, 2].map(() => engine.charge(order('o1'), keyed('b')))));
    expect(both.map((answer) => [told(answer), answer.replayed])).toEqual([
      ['completed 200', false],
      ['completed 200', true],
    ]);
  });

  it('for two orders differ when the second takes the key from the first', async () => {
    const { engine, charge, store } = await start();
    await charge(keyed('a'));
    store.before('bindKey', () => engine.charge(order('o2'), keyed('b')));
    expect(told(await charge(keyed('b')))).toBe('idempotency_key_reused');
    expect(told(await charge(keyed('b'), { orderId: 'o2' }))).toBe('completed 201');
  });

  it('for the next charge open one, and one of them is a replay', async () => {
    const { engine, charge } = await start();
    gateway.play = decline;
    await charge(keyed('a'));
    gateway.play = slowly(world, 500);
    const both = await world.ended(Promise.all([1, 2].map(() => engine.charge(order('o1'), keyed('b')))));
    expect(both.map((answer) => [told(answer), answer.replayed])).toEqual([
      ['completed 201', false],
      ['completed 201', true],
    ]);
    expect(gateway.calls.length).toBe(2);
  });
});

describe('two requests at two processes, with two keys for the next charge', () => {
  it('open one, and the second joins it', async () => {
    const { charge, store } = await start();
    const other = await start();
    gateway.play = decline;
    await charge(keyed('a'));
    gateway.play = approve;
    store.before('openNextCharge', () => other.engine.charge(order('o1'), keyed('b')));
    const second = await charge(keyed('c'));
    expect([told(second), second.replayed]).toEqual(['completed 200', false]);
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(gateway.calls.length).toBe(2);
  });

  it('with other terms open one, and the second conflicts', async () => {
    const { charge, store } = await start();
    const other = await start();
    gateway.play = decline;
    await charge(keyed('a'));
    gateway.play = approve;
    store.before('openNextCharge', () => other.engine.charge(order('o1', { amountMinor: 700 }), keyed('b')));
    expect(told(await charge(keyed('c')))).toBe('order_conflict');
    expect(gateway.calls.map(({ amountMinor }) => amountMinor)).toEqual([1000, 700]);
  });
});
