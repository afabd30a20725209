/** A lookup at once, because an operator asks for it. */
import { describe, expect, it } from 'vitest';
import { chargingReplica } from '../../../test/support/charging.ts';
import { gateway, world } from '../../../test/support/fresh-world.ts';
import { operator, SILENT, said } from '../../../test/support/operating.ts';
import { never, reset } from '../../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed } from '../../../test/support/virtual-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SETTINGS = { policy: { maxAttempts: 1 }, limits: { sweepMs: 10_000 } };

/** A payment that waits for its next lookup, which is far away. */
async function unresolved() {
  const replica = await chargingReplica(world, gateway, SETTINGS);
  gateway.play = () => reset;
  gateway.lookupPlay = () => SILENT;
  await replica.charge(keyed('one', 10));
  await world.pass(5 * HOUR + 17 * MINUTE);
  expect(world.stored('o1').operation.status).toBe('UNRESOLVED');
  return { ...replica, ...operator(world, replica) };
}

describe('look now', () => {
  it('looks up what waits, at once, and the audit trail says who asked', async () => {
    const { lookNow } = await unresolved();
    const looks = gateway.lookups.length;
    expect(said(await lookNow())).toBe('payment UNRESOLVED');
    await world.pass(1000);
    expect(gateway.lookups).toHaveLength(looks + 1);
    expect(world.trail('o1').slice(-3)).toEqual([
      'operator.asked_to_look amira',
      'lookup.started',
      'lookup.unavailable timeout',
    ]);
  });

  it('changes nothing else: what the gateway shows decides', async () => {
    const { lookNow } = await unresolved();
    gateway.lookupPlay = () => ({ kind: 'absent' });
    await lookNow();
    await world.pass(1000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'FAILED', failureCode: 'gateway_error' });
  });

  it('is carried out by the sweep, if no process has it in memory', async () => {
    const replica = await unresolved();
    await world.ended(replica.engine.stop(0));
    const other = await chargingReplica(world, gateway, SETTINGS);
    await world.pass(1000);
    const looks = gateway.lookups.length;
    other.store.before('advance', () => world.ended(other.engine.stop(0)));
    await operator(world, other).lookNow();
    await chargingReplica(world, gateway, SETTINGS);
    await world.pass(1000);
    expect(gateway.lookups).toHaveLength(looks + 1);
  });

  it('leaves a worker alone that is looking', async () => {
    const { lookNow } = await unresolved();
    gateway.lookupPlay = () => new Promise(() => {});
    await lookNow();
    await world.pass(100);
    const { seq, held } = world.stored('o1');
    expect(held).toBe(true);
    expect(said(await lookNow())).toBe('payment UNRESOLVED');
    expect(world.stored('o1').seq).toBe(seq);
  });

  it('reads again if somebody else has written meanwhile', async () => {
    const replica = await unresolved();
    replica.store.before('advance', async () => {
      await operator(world, await chargingReplica(world, gateway, SETTINGS)).lookNow();
    });
    expect(said(await replica.lookNow())).toBe('payment UNRESOLVED');
    await world.pass(1000);
    expect(world.trail('o1').filter((line) => line === 'lookup.started').length).toBeGreaterThan(1);
  });

  it('never sends a call before its time', async () => {
    const replica = await chargingReplica(world, gateway, {
      policy: { backoffBaseMs: 10 * MINUTE, backoffCapMs: 10 * MINUTE },
    });
    gateway.play = () => reset;
    world.roll = 0.9;
    await replica.charge({ waitMs: 10 });
    await world.pass(1000);
    const { lookNow } = operator(world, replica);
    expect(said(await lookNow())).toBe('nothing_to_look_at');
    await world.pass(MINUTE);
    expect(gateway.calls).toHaveLength(1);
  });

  it('has nothing to look at in a payment that has ended', async () => {
    const replica = await chargingReplica(world, gateway);
    await replica.charge(KEYLESS);
    expect(said(await operator(world, replica).lookNow())).toBe('nothing_to_look_at');
  });

  it('is refused while the first call is under way', async () => {
    const replica = await chargingReplica(world, gateway);
    gateway.play = never;
    await replica.charge({ waitMs: 10 });
    expect(said(await operator(world, replica).lookNow())).toBe('nothing_to_look_at');
  });
});
