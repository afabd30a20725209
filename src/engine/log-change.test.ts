/** Alarms that end: each has one line when it is raised and one when it is over. */
import { describe, expect, it } from 'vitest';
import { chargingReplica } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { approve } from '../../test/support/scripted-gateway.ts';
import { keyed, type Logged } from '../../test/support/virtual-world.ts';

const HOUR_MS = 3_600_000;

const alarms = (logged: readonly Logged[]): unknown[] =>
  logged.flatMap(({ fields: { alarm, alarm_ended: ended, payment_id: id } }) => {
    if (alarm !== undefined) return [[alarm, id]];
    return ended === undefined ? [] : [['ended', ended, id]];
  });

describe('an alarm that ends says so, with its payment', () => {
  it('gateway_forbidden: when the gateway answers the order otherwise, and not when it is silent', async () => {
    const { charge, logged } = await chargingReplica(world, gateway, { policy: { forbiddenPauseMs: 1000 } });
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    await charge(keyed('k', 0));
    await world.pass(500);
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused', retryAfterMs: 3000 });
    await world.pass(1000);
    const { paymentId } = world.stored('o1');
    expect(alarms(logged)).toEqual([['gateway_forbidden', paymentId]]);
    gateway.play = approve;
    await world.pass(10_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    expect(alarms(logged)).toEqual([
      ['gateway_forbidden', paymentId],
      ['ended', 'gateway_forbidden', paymentId],
    ]);
  });

  it('gateway_forbidden: once, however often the order is refused', async () => {
    const { charge, logged } = await chargingReplica(world, gateway);
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_403' });
    await charge(keyed('k', 0));
    await world.pass(HOUR_MS);
    expect(gateway.calls.length).toBeGreaterThan(100);
    expect(alarms(logged)).toEqual([['gateway_forbidden', world.stored('o1').paymentId]]);
    gateway.play = approve;
    await world.pass(60_000);
    expect(alarms(logged)).toHaveLength(2);
  });

  it('gateway_forbidden: also if another process goes on with the payment', async () => {
    const raising = await chargingReplica(world, gateway);
    const takingUp = await chargingReplica(world, gateway);
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    await raising.charge(keyed('k', 0));
    // From here on it finds nothing that is due, as if the other process were always faster.
    const due = raising.store.due;
    raising.store.due = async (query) => ({ ...(await due(query)), payments: [] });
    await world.pass(40_000);
    const { paymentId } = world.stored('o1');
    const raised = [['gateway_forbidden', paymentId]];
    expect([alarms(raising.logged), alarms(takingUp.logged)]).toEqual([raised, raised]);
    gateway.play = approve;
    await world.pass(60_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    const ended = [...raised, ['ended', 'gateway_forbidden', paymentId]];
    expect([alarms(raising.logged), alarms(takingUp.logged)]).toEqual([ended, ended]);
  });

  it('gateway_forbidden of a lookup: also where the payment goes on', async () => {
    const { charge, logged } = await chargingReplica(world, gateway);
    gateway.play = () => ({ kind: 'pending', ref: 'ch' });
    gateway.lookupPlay = () => ({ kind: 'forbidden', reason: 'http_403' });
    await charge(keyed('k', 0));
    await world.pass(3000);
    gateway.lookupPlay = () => ({ kind: 'pending', ref: 'ch' });
    await world.pass(HOUR_MS);
    const { paymentId, operation: still } = world.stored('o1');
    expect([still.status === 'COMPLETED', alarms(logged).at(-1)]).toEqual([
      false,
      ['ended', 'gateway_forbidden', paymentId],
    ]);
    expect(alarms(logged).filter((one) => String(one).startsWith('ended'))).toHaveLength(1);
  });

  it.each([
    ['needs_review', { kind: 'mismatch', ref: 'a', reason: 'wrong_amount' }],
    ['duplicate_charge', { kind: 'duplicated', refs: ['a', 'b'] }],
  ] as const)('%s: when the payment leaves REVIEW', async (alarm, found) => {
    const { charge, logged } = await chargingReplica(world, gateway, {
      policy: { reviewLookupMs: HOUR_MS },
    });
    gateway.play = () => ({ kind: 'unknown', answered: false, reason: 'reset' });
    gateway.lookupPlay = () => found;
    await charge(keyed('k', 0));
    await world.pass(HOUR_MS / 2);
    const { paymentId } = world.stored('o1');
    expect(alarms(logged)).toEqual([[alarm, paymentId]]);
    gateway.lookupPlay = () => ({ kind: 'succeeded', ref: 'a' });
    await world.pass(2 * HOUR_MS);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    expect(alarms(logged)).toEqual([
      [alarm, paymentId],
      ['ended', alarm, paymentId],
    ]);
  });

  it('none: a payment that raised none', async () => {
    const { charge, logged } = await chargingReplica(world, gateway);
    await charge(keyed('k'));
    expect(alarms(logged)).toEqual([]);
  });
});
