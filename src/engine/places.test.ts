/**
 * Many orders and few places at the gateway: a waiting order holds no claim, and nothing is written or counted for
 * the wait.
 */
import { describe, expect, it } from 'vitest';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import {
  createScriptedGateway,
  error500,
  reset,
  type ScriptedGateway,
} from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told, type VirtualSettings } from '../../test/support/virtual-world.ts';
import type { Advance } from '../ports/store.ts';

const SLOW_MS = 9000;

const slow: ScriptedGateway['play'] = ({ charge }) =>
  new Promise((resolve) => {
    world.clock.after(SLOW_MS, () => resolve(charge()));
  });

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `o${index + 1}`);
}

async function startWith(orders: readonly string[], settings: VirtualSettings = {}) {
  const replica = await world.replica(gateway, settings);
  for (const orderId of orders) void replica.engine.charge(order(orderId), { waitMs: 0 });
  return replica;
}

function claims(used: readonly { readonly method: string; readonly argument: unknown }[]): number {
  return used.filter(
    ({ method, argument }) => method === 'advance' && (argument as Advance).lease.kind === 'take',
  ).length;
}

describe('two hundred orders at a gateway with four places that takes nine seconds a call', () => {
  it('are called one after the other in the order in which they came, each with two events and at most one claim', async () => {
    gateway.play = slow;
    const orders = names(200);
    const { store } = await startWith(orders, { gate: { maxCalls: 4 } });
    await world.pass(51 * SLOW_MS);
    expect(gateway.calls.map(({ orderId }) => orderId)).toEqual(orders);
    expect(gateway.ledger.size).toBe(200);
    const trails = orders.map((orderId) => world.trail(orderId).map((event) => event.split(' ')[0]));
    expect(trails.slice(0, 4)).toEqual(Array(4).fill(['payment.created', 'payment.completed']));
    expect(trails.slice(4)).toEqual(
      Array(196).fill(['payment.created', 'call.started', 'payment.completed']),
    );
    expect(claims(store.used)).toBe(196);
  });

  it('are in doubt only if they were called before the process died', async () => {
    declareContract({ keys: 'none', lookup: false });
    gateway.play = () => new Promise(() => {});
    const orders = names(200);
    await startWith(orders, { gate: { maxCalls: 4 } });
    await world.pass(SLOW_MS);
    const called = orders.filter((orderId) => world.stored(orderId).held);
    expect(called).toEqual(orders.slice(0, 4));
    for (const orderId of orders.slice(4)) {
      expect(world.stored(orderId)).toMatchObject({
        held: false,
        operation: { attempts: 0, firstSentAtMs: null },
      });
      expect(world.trail(orderId)).toEqual(['payment.created']);
    }
  });

  it('are found by another process while this one drains and drops them', async () => {
    gateway.play = slow;
    const orders = names(200);
    const { engine, store } = await startWith(orders, { gate: { maxCalls: 4 } });
    await world.pass(1);
    const stopped = engine.stop();
    await world.replica(gateway, { gate: { maxCalls: 500 } });
    await world.pass(2 * SLOW_MS);
    await world.ended(stopped);
    expect(gateway.ledger.size).toBe(200);
    expect([gateway.calls.length, claims(store.used)]).toEqual([200, 0]);
  });

  it('are not read by the sweep while they wait', async () => {
    gateway.play = slow;
    const { store } = await startWith(names(200), { gate: { maxCalls: 4 } });
    await world.pass(1000);
    const due = store.used.filter(({ method }) => method === 'due').slice(1);
    const firstDueAtMs = world.stored('o5').dueAtMs;
    expect(due.map(({ argument }) => argument)).toEqual(
      due.map(() => expect.objectContaining({ calls: { dueBeforeMs: firstDueAtMs } })),
    );
    expect(due.length).toBeGreaterThan(0);
  });
});

describe('an order that waits here for a place', () => {
  it('gets its settled answer if another process has called and settled it meanwhile', async () => {
    gateway.play = () => new Promise(() => {});
    const { engine } = await world.replica(gateway, { gate: { maxCalls: 1 } });
    void engine.charge(order('hangs'), { waitMs: 0 });
    await world.pass(1);
    const answer = engine.charge(order('o1'), keyed('k', 3000));
    const other = createScriptedGateway();
    await world.replica(other);
    expect(told(await world.ended(answer))).toBe('completed 201');
    expect(other.ledger.size).toBe(1);
  });

  it('is not read again for a request that does not wait', async () => {
    gateway.play = () => new Promise(() => {});
    const { engine, store } = await world.replica(gateway, { gate: { maxCalls: 1 } });
    for (const orderId of names(3)) await world.ended(engine.charge(order(orderId), { waitMs: 0 }));
    expect(store.used.filter(({ method }) => method === 'situation')).toEqual([]);
  });
});

describe('an order that a dead process has left', () => {
  it('gets its turn, though more orders come than can be called, and at least five always wait', async () => {
    const settings = { gate: { maxCalls: 1 } };
    const { engine } = await world.replica(gateway, settings);
    let came = 0;
    const come = (): void => {
      came += 1;
      void engine.charge(order(`new${came}`), { waitMs: 0 });
    };
    gateway.play = (call) => {
      come();
      return slow(call);
    };
    for (let one = 0; one < 5; one += 1) come();
    await world.pass(1);
    const dead = await world.replica(createScriptedGateway(), { gate: { maxCalls: 0 } });
    void dead.engine.charge(order('left'), { waitMs: 0 });
    await world.pass(1);
    await world.ended(dead.engine.stop());
    await world.pass(30 * SLOW_MS);
    const called = gateway.calls.map(({ orderId }) => orderId);
    expect(called.length).toBeGreaterThan(25);
    expect(called.indexOf('left')).toBeGreaterThan(4);
    expect(called.indexOf('left')).toBeLessThan(15);
  });
});

describe('a place at the gateway', () => {
  const settings = { gate: { maxCalls: 1, maxLookups: 1 } } as const;

  it('is free again after an order that was there already', async () => {
    const { engine } = await world.replica(gateway, settings);
    for (const key of ['a', 'b', 'c']) await world.ended(engine.charge(order('o1'), keyed(key)));
    expect((await world.ended(engine.charge(order('o2'), KEYLESS))).kind).toBe('settled');
    expect(world.trail('o2')).toEqual(['payment.created', 'payment.completed ch_2']);
  });

  it('goes to the next order while an answer of the database is lost; the claim that is found later is given back', async () => {
    const { engine, store } = await world.replica(gateway, settings);
    store.fail('accept', 'ack_lost');
    const first = engine.charge(order('o1'), KEYLESS);
    await world.pass(1);
    const second = engine.charge(order('o2'), KEYLESS);
    await Promise.all([world.ended(first), world.ended(second)]);
    expect(gateway.calls.map(({ orderId }) => orderId)).toEqual(['o2', 'o1']);
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.not_sent no_free_slot',
      'call.started',
      'payment.completed ch_2',
    ]);
    expect(world.stored('o1').operation.attempts).toBe(1);
  });

  it('is free again when the database fails in the middle of a claim', async () => {
    const { engine, store } = await world.replica(gateway, settings);
    gateway.play = ({ attempt, charge }) => (attempt === 1 ? reset : charge());
    store.before(
      'advance',
      () => {},
      () => store.goDown(),
    );
    void engine.charge(order('o1'), { waitMs: 0 });
    await world.pass(2000);
    store.heal();
    await world.pass(30_000);
    expect((await world.ended(engine.charge(order('o2'), KEYLESS))).kind).toBe('settled');
  });

  it('is given up by an order that must wait for the gateway, and taken by the next one', async () => {
    const { engine } = await world.replica(gateway, settings);
    gateway.play = ({ request, attempt, charge }) =>
      request.orderId === 'o1' && attempt < 3 ? error500 : charge();
    const both = ['o1', 'o2'].map((orderId) => engine.charge(order(orderId), KEYLESS));
    await Promise.all(both.map((one) => world.ended(one)));
    expect(gateway.calls.map(({ orderId }) => orderId)).toEqual(['o1', 'o2', 'o1', 'o1']);
  });
});
