/** Charges that were made at another gateway, and intents that were stored although the answer was lost. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chargingReplica, lateEvidence, later } from '../../test/support/charging.ts';
import { world } from '../../test/support/fresh-world.ts';
import {
  createScriptedGateway,
  decline,
  error500,
  type ScriptedGateway,
} from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told } from '../../test/support/virtual-world.ts';

let a: ScriptedGateway;
let b: ScriptedGateway;
beforeEach(() => {
  a = createScriptedGateway({}, 'a');
  b = createScriptedGateway({}, 'b');
});

describe('an order whose charge failed at another gateway', () => {
  it('is not charged here while only that gateway can prove that nothing was charged', async () => {
    const there = await chargingReplica(world, a);
    const here = await chargingReplica(world, b);
    a.play = () => error500;
    expect(told(await there.charge(keyed('one')))).toBe('gateway_failed');
    expect(told(await here.charge(keyed('two')))).toBe('other_gateway');
    expect([b.calls.length, b.lookups.length]).toEqual([0, 0]);
    // There it is looked up once more, and charged.
    a.play = ({ charge }) => charge();
    expect(told(await there.charge(keyed('three')))).toBe('completed 201');
    expect([a.ledger.size, b.ledger.size]).toEqual([1, 0]);
  });

  it('is not charged here either if it is an earlier charge than the last one', async () => {
    const here = await chargingReplica(world, a);
    a.play = () => error500;
    expect(told(await here.charge(keyed('one')))).toBe('gateway_failed');
    a.play = decline;
    expect(told(await here.charge(keyed('two')))).toBe('card_declined');
    // As a migration leaves charges whose gateway is not known.
    const [first] = world.database.row('default', 'o1')?.operations ?? [];
    Object.assign(first ?? {}, { gateway: 'not known' });
    const [calls, lookups] = [a.calls.length, a.lookups.length];
    expect(told(await here.charge(keyed('three')))).toBe('other_gateway');
    expect([a.calls.length, a.lookups.length, world.stored('o1').operation.n]).toEqual([calls, lookups, 2]);
  });

  it('is charged here if the unproved charge was made here, wherever the last one was declined', async () => {
    const here = await chargingReplica(world, a);
    a.play = () => error500;
    expect(told(await here.charge(keyed('one')))).toBe('gateway_failed');
    a.play = decline;
    expect(told(await here.charge(keyed('two')))).toBe('card_declined');
    const row = world.database.row('default', 'o1');
    Object.assign(row?.operations[0] ?? {}, { gateway: 'a' });
    Object.assign(row?.payment ?? {}, { gateway: 'b' });
    a.play = ({ charge }) => charge();
    expect(told(await here.charge(keyed('three')))).toBe('completed 201');
  });

  it('is not answered while the database does not say where its charges were made, and nothing is sent', async () => {
    const here = await chargingReplica(world, a);
    a.play = () => error500;
    await here.charge(keyed('one'));
    const calls = a.calls.length;
    here.store.fail('chargesToVerify', 'unavailable');
    expect(told(await here.charge(keyed('two')))).toBe('store_unavailable');
    expect([a.calls.length, world.stored('o1').operation.n]).toEqual([calls, 1]);
  });

  it('is charged here if that gateway has declined it', async () => {
    const there = await chargingReplica(world, a);
    const here = await chargingReplica(world, b);
    a.play = decline;
    expect(told(await there.charge(keyed('one')))).toBe('card_declined');
    expect(told(await here.charge(keyed('two')))).toBe('completed 201');
    expect(here.uses('chargesToVerify')).toBe(0);
    expect(world.stored('o1').gateway).toBe('b');
    expect(world.database.row('default', 'o1')?.operations.map(({ gateway }) => gateway)).toEqual([
      'a',
      null,
    ]);
  });

  it('goes to a person if late evidence of that charge comes in, and is not looked up at the wrong gateway', async () => {
    const settings = { limits: { sweepMs: 5000 } };
    const there = await chargingReplica(world, a, settings);
    const here = await chargingReplica(world, b, settings);
    a.play = decline;
    await there.charge(keyed('one'));
    await here.charge(keyed('two'));
    await lateEvidence(world, here.store);
    await world.pass(10_000);
    // The charge itself is looked up here. Nobody here can look up the other one.
    expect(b.lookups.every(({ key }) => key === world.stored('o1').gatewayKey)).toBe(true);
    const alarms = () => here.logged.filter(({ fields }) => fields.alarm === 'other_gateway').length;
    expect(alarms()).toBe(1);
    // Once is enough: there are no useless lookups for days.
    await world.pass(2 * 86_400_000);
    expect([alarms(), world.stored('o1').evidence]).toEqual([1, 0]);
    expect(world.trail('o1').length).toBeLessThan(20);
  });

  it('is not charged again anywhere while late evidence of that charge is with a person', async () => {
    const there = await chargingReplica(world, a);
    const here = await chargingReplica(world, b);
    a.play = decline;
    b.play = decline;
    await there.charge(keyed('one'));
    await here.charge(keyed('two'));
    await lateEvidence(world, there.store);
    await world.pass(10_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'other_gateway' });
    expect(told(await there.charge(keyed('three', 0)))).toBe('202 REVIEW');
    expect(told(await here.charge(keyed('four', 0)))).toBe('202 REVIEW');
    expect([a.calls.length, b.calls.length]).toEqual([1, 1]);
  });
});

describe('a request whose own intent was stored, but whose answer was lost', () => {
  it('gets the result of that intent, not the answer that nothing was sent', async () => {
    const first = await chargingReplica(world, a);
    const second = await chargingReplica(world, a);
    a.play = decline;
    const stalled = later<void>();
    // It is stored and the answer is lost. Before it can read, others have gone on with the order.
    first.store.fail('accept', 'ack_lost');
    first.store.before('situation', () => stalled.promise);
    const answer = first.engine.charge(order('o1'), KEYLESS);
    await world.pass(120_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
    a.play = ({ charge }) => charge();
    expect(told(await second.charge(keyed('k'), { amountMinor: 2000 }))).toBe('completed 201');
    await stalled.come();
    const heard = await world.ended(answer);
    expect(told(heard)).toBe('card_declined');
    expect(heard).toMatchObject({ started: true, replayed: false });
    // A request that has stored nothing gets the answer that nothing was sent.
    expect(told(await first.charge(KEYLESS, { amountMinor: 3000 }))).toBe('order_conflict');
  });
});
