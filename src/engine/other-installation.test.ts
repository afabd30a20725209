/** Payments that were made by another installation: the engine stops before it sends anything. */
import { describe, expect, it } from 'vitest';
import { chargingReplica } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { keyOf, start } from '../../test/support/restores.ts';
import { approve, decline, never } from '../../test/support/scripted-gateway.ts';
import {
  createVirtualWorld,
  INSTALLATION_ID,
  keyed,
  order,
  told,
  type VirtualWorld,
} from '../../test/support/virtual-world.ts';
import { OTHER_INSTALLATION } from './names.ts';

/** The id of the database that the payments are restored into. */
const FRESH = '00000000-0000-4000-8000-00000000000b';

describe('payments of another installation', () => {
  /** Restores the payments into a database where Payonce had already started, so it has another installation id. */
  function intoAnotherInstallation(): VirtualWorld {
    const other = createVirtualWorld({ installationId: FRESH });
    other.database.restore(world.database.snapshot());
    return other;
  }

  it('keep the engine from starting, so nothing is sent under another key', async () => {
    const first = await start();
    gateway.play = never;
    void first.engine.charge(order('o1'), { waitMs: 0 });
    await world.pass(10);
    const other = intoAnotherInstallation();
    await expect(chargingReplica(other, gateway)).rejects.toThrow(OTHER_INSTALLATION);
    expect(gateway.calls).toHaveLength(1);
  });

  it('that are restored while the engine runs stop it before the first call', async () => {
    const other = createVirtualWorld({ installationId: FRESH });
    const { engine, charge, logged } = await chargingReplica(other, gateway);
    const first = await start();
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    await first.charge({ waitMs: 0 });
    await world.pass(1000);
    other.database.restore(world.database.snapshot());
    gateway.play = approve;
    gateway.calls.length = 0;
    await other.pass(5 * 60_000);
    expect(gateway.calls).toHaveLength(0);
    expect(other.stored('o1').operation.status).toBe('PROCESSING');
    expect(logged.filter(({ fields }) => fields.alarm === 'installation_changed')).toHaveLength(1);
    expect(await engine.ready()).toBe(false);
    expect(told(await charge(keyed('new'), { orderId: 'o2' }))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
  });

  it('stop the engine as soon as one is found: it calls nothing from memory, and sweeps no more', async () => {
    const { charge, store, logged } = await start();
    gateway.play = () => ({ kind: 'refused', reason: 'rate_limited', retryAfterMs: 10_000 });
    await charge({ waitMs: 0 });
    await world.pass(1000);
    const ours = world.stored('o1');
    await world.ended(
      store.accept({
        order: order('theirs'),
        paymentId: '0199e6a0-0000-7000-8000-000000000000',
        gateway: gateway.name,
        installationId: null,
        chargeKey: keyOf('under another name', 1),
        key: null,
        claimId: '00000000-0000-4000-8000-0000000000aa',
        giveUpAfterS: null,
        start: { kind: 'waiting', waitMs: 0 },
        livemode: true,
      }),
    );
    await world.pass(2000);
    expect(logged.map(({ fields }) => fields.alarm)).toEqual(['installation_changed']);
    store.used.length = 0;
    await world.pass(60_000);
    expect([gateway.calls.length, store.used]).toEqual([1, []]);
    expect(world.stored('o1')).toEqual(ours);
  });

  /** The order was declined, then charged under a new key. The backup is from between, and is restored under a running engine. */
  async function restoredUnderneath() {
    const first = await start();
    gateway.play = decline;
    await first.charge(keyed('k1'));
    const backup = world.database.snapshot();
    gateway.play = approve;
    await first.charge(keyed('k2'));
    const other = createVirtualWorld({ installationId: FRESH });
    const replica = await chargingReplica(other, gateway);
    // Keeps the two worlds from drawing the same ids.
    await replica.charge(keyed('k0'), { orderId: 'o0' });
    other.database.restore(backup);
    gateway.calls.length = 0;
    const alarms = (): unknown[] =>
      replica.logged.filter(({ fields }) => fields.alarm === 'installation_changed');
    return { other, alarms, ...replica };
  }

  it('are not charged again under another key if they had failed', async () => {
    const { charge, alarms, other } = await restoredUnderneath();
    expect(told(await charge(keyed('k2')))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
    expect(other.stored('o1').operation.n).toBe(1);
    expect(alarms()).toHaveLength(1);
  });

  it('are noticed by the sweep without any request', async () => {
    const { charge, alarms, other } = await restoredUnderneath();
    await other.pass(15_000);
    expect(alarms()).toHaveLength(1);
    // The backup may not know this order, which may have been charged under its other key.
    expect(told(await charge(keyed('new'), { orderId: 'o2' }))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
  });

  it('keep new orders from being accepted under the old key once their installation is restored too', async () => {
    const { charge, alarms, other } = await restoredUnderneath();
    other.database.reinstall(INSTALLATION_ID);
    expect(told(await charge(keyed('new'), { orderId: 'o2' }))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
    expect(other.database.row('default', 'o2')).toBeUndefined();
    expect(alarms()).toHaveLength(1);
  });

  it('are not needed: another installation id alone stops the engine', async () => {
    const other = createVirtualWorld({ installationId: FRESH });
    const { engine, charge } = await chargingReplica(other, gateway);
    other.database.reinstall(INSTALLATION_ID);
    await other.pass(15_000);
    expect(await other.ended(engine.ready())).toBe(false);
    expect(told(await charge(keyed('new')))).toBe('installation_changed');
  });
});
