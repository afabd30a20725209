/** What a worker that came too late has heard of money is never lost, and nothing is said or sent against it. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chargingReplica, later } from '../../test/support/charging.ts';
import { createScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { createVirtualWorld, keyed, order, type VirtualWorld } from '../../test/support/virtual-world.ts';

let world: VirtualWorld;
beforeEach(() => {
  world = createVirtualWorld();
});

describe('an approval whose write comes too late', () => {
  it('is kept where another has written without a lease of its own meanwhile', async () => {
    const gateway = createScriptedGateway({ lookup: false });
    const settings = { policy: { maxAttempts: 1 } };
    const paused = await chargingReplica(world, gateway, settings);
    await chargingReplica(world, gateway, settings);
    const pause = later<void>();
    paused.store.before('advance', () => pause.promise);
    void paused.engine.charge(order('o1'), keyed('k'));
    // The lease ends, and the other one leaves the payment to a person: nobody can ask this gateway.
    await world.pass(40_000);
    expect(world.stored('o1').charge).toMatchObject({ status: 'REVIEW', gatewayRef: null });
    await pause.come();
    await world.pass(10_000);
    expect(world.database.row('default', 'o1')?.evidence).toMatchObject([{ outcome: { kind: 'approved' } }]);
    expect(world.stored('o1').charge.gatewayRef).toBe('ch_1');
  });
});
