/** Many requests for one order: one of them does what must be done once, and all are answered in time. */
import { describe, expect, it } from 'vitest';
import { chargingReplica, slowly } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { decline } from '../../test/support/scripted-gateway.ts';
import { keyed, order, told } from '../../test/support/virtual-world.ts';

const CROWD = Array.from({ length: 500 }, (_one, index) => `k${index}`);

describe('many new keys for one order at once', () => {
  it('send one acceptance, are answered by the end of their wait, and each keeps its answer', async () => {
    gateway.play = slowly(world, 1000);
    const { engine, uses } = await chargingReplica(world, gateway, { cacheEntries: 0 });
    const ask = () => Promise.all(CROWD.map((key) => engine.charge(order('o1'), keyed(key, 2000))));
    const answers = await world.ended(ask());
    expect([uses('accept'), uses('bindKey'), gateway.calls.length, world.nowMs]).toEqual([1, 499, 1, 1000]);
    expect(answers.map(told)).toEqual(CROWD.map((_key, n) => `completed ${n === 0 ? 201 : 200}`));
    const again = await world.ended(ask());
    expect(again).toEqual(answers.map((answer) => ({ ...answer, replayed: true })));
  });

  it('get 202 if their wait ends first, and their keys are bound anyway', async () => {
    gateway.play = slowly(world, 10_000);
    const { engine } = await chargingReplica(world, gateway);
    const asked = CROWD.map((key, n) => engine.charge(order('o1'), keyed(key, n % 2 === 0 ? 0 : 2000)));
    const answers = await world.ended(Promise.all(asked));
    expect(new Set(answers.map(told))).toEqual(new Set(['202 PROCESSING']));
    expect(world.nowMs).toBe(2000);
    expect(world.database.row('default', 'o1')?.requests.map(({ chargeN }) => chargeN)).toEqual(
      CROWD.map(() => 1),
    );
  });

  it('open one next charge', async () => {
    gateway.play = decline;
    const { engine, charge, uses } = await chargingReplica(world, gateway);
    await charge(keyed('first'));
    gateway.play = slowly(world, 1000);
    const asked = CROWD.map((key) => engine.charge(order('o1'), keyed(key, 2000)));
    const answers = await world.ended(Promise.all(asked));
    expect([uses('openNextCharge'), gateway.calls.length, world.nowMs]).toEqual([1, 2, 1000]);
    expect(answers.map(told).sort()).toEqual(CROWD.map((_key, n) => `completed ${n < 499 ? 200 : 201}`));
  });

  it('on other terms get the conflict', async () => {
    gateway.play = slowly(world, 1000);
    const { engine, uses } = await chargingReplica(world, gateway);
    const [first, ...others] = CROWD.map((key, n) =>
      engine.charge(order('o1', { amountMinor: n === 0 ? 1000 : 700 }), keyed(key, 2000)),
    );
    const answers = await world.ended(Promise.all([first, ...others]));
    expect(answers.map((answer) => answer && told(answer))).toEqual(
      CROWD.map((_key, n) => (n === 0 ? 'completed 201' : 'order_conflict')),
    );
    expect(uses('accept')).toBe(1);
  });
});

it('one key for many orders at once starts one of them', async () => {
  const { engine, uses } = await chargingReplica(world, gateway);
  const asked = CROWD.map((orderId) => engine.charge(order(orderId), keyed('one')));
  const answers = await world.ended(Promise.all(asked));
  expect(answers.map(told).sort()).toEqual([
    'completed 201',
    ...CROWD.slice(1).map(() => 'idempotency_key_reused'),
  ]);
  expect([uses('accept'), gateway.calls.length]).toEqual([1, 1]);
});

describe('a start that the database could not make', () => {
  it.each(['unavailable', 'lost'] as const)('(%s) fails every request that waits for it', async (fault) => {
    const { engine, store, uses } = await chargingReplica(world, gateway);
    // Time until it gives up.
    store.fail('accept', ...Array.from({ length: 100 }, () => fault));
    const asked = CROWD.map((key) => engine.charge(order('o1'), keyed(key, 2000)));
    const answers = await world.ended(Promise.all(asked));
    const word = fault === 'lost' ? 'store_outcome_unknown' : 'store_unavailable';
    expect(new Set(answers.map(told))).toEqual(new Set([word]));
    expect(uses('accept')).toBeLessThan(100);
    expect(gateway.calls).toEqual([]);
  });

  it('because of its own data fails no other request', async () => {
    const { engine, store } = await chargingReplica(world, gateway);
    const accept = store.accept;
    store.accept = async () => {
      store.accept = accept;
      throw new TypeError('a fault');
    };
    const bad = engine.charge(order('o1'), keyed('bad'));
    const good = engine.charge(order('o1'), keyed('good'));
    await expect(world.ended(bad)).rejects.toThrow(TypeError);
    expect(told(await world.ended(good))).toBe('completed 201');
  });
});
