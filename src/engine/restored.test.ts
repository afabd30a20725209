/** Databases that have forgotten something: restored from a backup, or into another installation. */
import { describe, expect, it } from 'vitest';
import { chargingReplica } from '../../test/support/charging.ts';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import { approve, decline, error500, never, reset } from '../../test/support/scripted-gateway.ts';
import {
  createVirtualWorld,
  keyed,
  order,
  told,
  type VirtualSettings,
  type VirtualWorld,
} from '../../test/support/virtual-world.ts';
import { chargeKey, orderReference } from '../domain/ids.ts';
import type { ChargeRequest } from '../domain/outcomes.ts';
import { OTHER_INSTALLATION } from './names.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const INSTALLATION = '00000000-0000-4000-8000-000000000001';
const ORIGIN_MS = 1_750_000_000_000;
/** After a restore: what had left before has landed by then. */
const LANDED_MS = 5 * 60_000;

const start = (settings: VirtualSettings = {}) => chargingReplica(world, gateway, settings);
const keyOf = (orderId: string, n: number): string =>
  chargeKey(orderReference(INSTALLATION, 'default', orderId), n);
const requestOf = (n: number) => ({
  key: keyOf('o1', n),
  reference: orderReference(INSTALLATION, 'default', 'o1'),
  amountMinor: order('o1').amountMinor,
  currency: order('o1').currency,
});
const databaseNowMs = (): number => ORIGIN_MS + world.nowMs;

/** Charges at a gateway whose keys were pruned: only its ledger knows what it charged. */
function pruneKeys(): void {
  const made = gateway.ledger.size;
  gateway.play = ({ request }) => {
    const id = `ch_again_${gateway.ledger.size - made + 1}`;
    const { key, reference, amountMinor, currency } = request;
    const charge = { id, status: 'succeeded', amountMinor, currency, reference, key } as const;
    gateway.ledger.set(`${key} again`, charge);
    return { kind: 'approved', chargeId: id };
  };
}

/** A payment that waits for a paused gateway when the backup is taken, and is charged afterwards. */
async function backupOfWaiting(): Promise<void> {
  const first = await start();
  gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
  await first.charge({ waitMs: 0 });
  await world.pass(1000);
  const backup = world.database.snapshot();
  gateway.play = approve;
  await world.pass(2 * 60_000);
  expect(world.stored('o1').charge.status).toBe('COMPLETED');
  await world.ended(first.engine.stop());
  world.database.restore(backup);
}

describe('a backup that is older than the key window', () => {
  it('is not believed about a call that was never made: it is looked up, and found', async () => {
    await backupOfWaiting();
    pruneKeys();
    await world.pass(25 * HOUR);
    await start();
    await world.pass(2 * 60_000);
    expect(world.stored('o1').charge.status).toBe('COMPLETED');
    expect(gateway.ledger.size).toBe(1);
  });

  it('still has an order charged that the gateway does not know', async () => {
    const first = await start();
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    await first.charge({ waitMs: 0 });
    await world.ended(first.engine.stop());
    gateway.play = approve;
    await world.pass(25 * HOUR);
    await start();
    await world.pass(60_000);
    expect(world.stored('o1').charge).toMatchObject({ status: 'COMPLETED', attempts: 1 });
    expect(gateway.lookups).toHaveLength(1);
  });

  it('waits where the lookup is not answered, and nothing is sent', async () => {
    await backupOfWaiting();
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_503' });
    await world.pass(25 * HOUR);
    const calls = gateway.calls.length;
    await start();
    await world.pass(HOUR);
    expect(gateway.calls.length).toBe(calls);
    expect(world.stored('o1').charge).toMatchObject({ status: 'PROCESSING', attempts: 0 });
    gateway.lookupPlay = null;
    await world.pass(2 * HOUR);
    expect(world.stored('o1').charge.status).toBe('COMPLETED');
    expect(gateway.ledger.size).toBe(1);
  });

  it('is a matter for a person where nothing can be asked', async () => {
    declareContract({ lookup: false });
    await backupOfWaiting();
    await world.pass(25 * HOUR);
    await start();
    await world.pass(60_000);
    expect(world.stored('o1').charge).toMatchObject({ status: 'REVIEW', failureCode: 'outcome_unknown' });
    expect(gateway.ledger.size).toBe(1);
  });
});

describe('with the time of the restore', () => {
  const restoredNow = (): VirtualSettings => ({ policy: { restoredAtMs: databaseNowMs() } });

  it('an order that the database has forgotten is looked up when its client repeats it', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    expect(told(await first.charge(keyed('k')))).toBe('completed 201');
    await world.ended(first.engine.stop());
    world.database.restore(empty);
    pruneKeys();
    await world.pass(25 * HOUR);
    const second = await start(restoredNow());
    expect(told(await second.charge(keyed('k')))).toBe('completed 201');
    expect(gateway.ledger.size).toBe(1);
  });

  it('an order is looked up by whoever takes it up, where the first worker died before its lookup', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    await first.charge(keyed('k'));
    await world.ended(first.engine.stop());
    world.database.restore(empty);
    pruneKeys();
    await world.pass(25 * HOUR);
    const restored = { policy: { restoredAtMs: databaseNowMs() } };
    const second = await start(restored);
    // It dies with the acceptance: its lookup is never answered.
    gateway.lookupPlay = () => new Promise(() => {});
    void second.engine.charge(order('o1'), keyed('k'));
    await world.pass(10);
    second.store.goDown();
    gateway.lookupPlay = null;
    await start(restored);
    await world.pass(2 * 60_000);
    expect(world.stored('o1').charge).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_1' });
    expect(gateway.ledger.size).toBe(1);
  });

  it('a decline is no failure while a later charge of the order is live', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    gateway.play = decline;
    await first.charge(keyed('a'));
    // In the time that is forgotten, the customer has paid by another card.
    gateway.play = approve;
    expect(told(await first.charge(keyed('b')))).toBe('completed 201');
    await world.ended(first.engine.stop());
    world.database.restore(empty);
    gateway.play = decline;
    const second = await start(restoredNow());
    expect(told(await second.charge(keyed('a', 1000)))).toBe('202 REVIEW');
    expect(world.stored('o1').charge).toMatchObject({ failureCode: 'late_success', gatewayRef: 'ch_1' });
    expect(told(await second.charge(keyed('c', 1000)))).toBe('202 REVIEW');
    expect(gateway.ledger.size).toBe(1);
  });

  it('a charge behind two that were declined is found: a row of declines does not hide it', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    gateway.play = decline;
    await first.charge(keyed('a'));
    await world.ended(first.engine.stop());
    const live = { ...(gateway.calls[0] as ChargeRequest), key: keyOf('o1', 4) };
    gateway.play = approve;
    await gateway.call(live, { timeoutMs: 1000, mayLeave: () => true });
    world.database.restore(empty);
    const declined = [keyOf('o1', 2), keyOf('o1', 3)];
    gateway.lookupPlay = (request) => {
      if (declined.includes(request.key)) return { kind: 'declined', code: 'no_funds', chargeId: 'd' };
      return request.key === live.key ? { kind: 'succeeded', chargeId: 'ch_live' } : { kind: 'absent' };
    };
    const second = await start(restoredNow());
    expect(told(await second.charge(keyed('a', 1000)))).toBe('202 REVIEW');
    expect(world.stored('o1').charge.gatewayRef).toBe('ch_live');
    expect(gateway.ledger.size).toBe(1);
  });

  it('a decline is a failure where the gateway knows nothing of a later charge', async () => {
    const { charge } = await start(restoredNow());
    await world.pass(LANDED_MS);
    gateway.play = decline;
    expect(told(await charge(keyed('a')))).toBe('card_declined');
    const [own, next] = [keyOf('o1', 1), keyOf('o1', 2)];
    expect(gateway.lookups.map(({ key }) => key)).toEqual([own, next, next]);
  });

  it('a decline is not lost while it cannot be asked what came later', async () => {
    const { engine } = await start(restoredNow());
    gateway.play = decline;
    const key = keyOf('o1', 1);
    gateway.lookupPlay = (request) =>
      request.key === key || gateway.calls.length === 0
        ? { kind: 'absent' }
        : { kind: 'unavailable', reason: 'http_503' };
    await world.ended(engine.charge(order('o1'), { waitMs: 5000 }));
    await world.pass(HOUR);
    expect(world.stored('o1').charge).toMatchObject({ status: 'UNRESOLVED', declineCode: 'no_funds' });
    gateway.lookupPlay = null;
    await world.pass(2 * HOUR);
    expect(world.stored('o1').charge).toMatchObject({ status: 'FAILED', failureCode: 'no_funds' });
  });

  it('a retry that comes too late asks the gateway before it fails', async () => {
    const first = await start();
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused', retryAfterMs: 30_000 });
    await first.charge({ waitMs: 0 });
    await world.pass(1000);
    const backup = world.database.snapshot();
    gateway.play = approve;
    await world.pass(60_000);
    expect(world.stored('o1').charge.status).toBe('COMPLETED');
    await world.ended(first.engine.stop());
    world.database.restore(backup);
    await world.pass(HOUR);
    await start(restoredNow());
    await world.pass(60_000);
    expect(world.stored('o1').charge.status).toBe('COMPLETED');
  });

  it('an order is not charged under its first name while the second, which is forgotten too, is live', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    gateway.play = () => error500;
    expect(told(await first.charge(keyed('k1')))).toBe('gateway_failed');
    gateway.play = approve;
    expect(told(await first.charge(keyed('k2')))).toBe('completed 201');
    await world.ended(first.engine.stop());
    world.database.restore(empty);
    const second = await start(restoredNow());
    expect(told(await second.charge(keyed('k2', 1000)))).toBe('202 REVIEW');
    expect(world.stored('o1').charge.failureCode).toBe('late_success');
    expect(gateway.ledger.size).toBe(1);
  });

  it('a charge of the backup is not called again while the one behind it is live', async () => {
    const first = await start();
    gateway.play = () => ({ ...reset, retryAfterMs: 30_000 });
    await first.charge({ waitMs: 0 });
    await world.pass(1000);
    const backup = world.database.snapshot();
    await world.ended(first.engine.stop());
    // In the time that is forgotten the first was proved absent, and the second was made.
    const request = { ...(gateway.calls[0] as ChargeRequest), key: keyOf('o1', 2) };
    gateway.play = approve;
    await gateway.call(request, { timeoutMs: 1000, mayLeave: () => true });
    world.database.restore(backup);
    await start(restoredNow());
    await world.pass(HOUR);
    expect(world.stored('o1').charge).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    expect(gateway.ledger.size).toBe(1);
  });

  it('what a lookup does not find is no failure while a later charge of the order is live', async () => {
    const first = await start({ policy: { maxAttempts: 1 } });
    gateway.play = () => reset;
    await first.charge({ waitMs: 0 });
    await world.pass(1000);
    const backup = world.database.snapshot();
    await world.ended(first.engine.stop());
    const request = { ...(gateway.calls[0] as ChargeRequest), key: keyOf('o1', 2) };
    gateway.play = approve;
    await gateway.call(request, { timeoutMs: 1000, mayLeave: () => true });
    world.database.restore(backup);
    expect(world.stored('o1').charge).toMatchObject({ status: 'UNRESOLVED', step: 'lookup' });
    await start({ policy: { ...restoredNow().policy, maxAttempts: 1 } });
    await world.pass(HOUR);
    expect(world.stored('o1').charge).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
  });

  it('nothing counts as absent that may have been sent just before', async () => {
    declareContract({ keys: 'none' });
    const empty = world.database.snapshot();
    gateway.play = never;
    const first = await start();
    void first.engine.charge(order('o1'), keyed('k'));
    await world.pass(10);
    await world.ended(first.engine.stop(0));
    world.database.restore(empty);
    const second = await start(restoredNow());
    gateway.play = approve;
    void second.engine.charge(order('o1'), keyed('k'));
    await world.pass(55_000);
    expect(gateway.calls).toHaveLength(1);
    // It lands, and is found.
    await gateway.call(gateway.calls[0] as ChargeRequest, { timeoutMs: 1000, mayLeave: () => true });
    await world.pass(HOUR);
    expect(world.stored('o1').charge.status).toBe('COMPLETED');
    expect(gateway.calls).toHaveLength(2);
  });

  it('what had failed is looked into, for the order may have been charged since', async () => {
    const first = await start();
    gateway.play = decline;
    await first.charge(keyed('k1'));
    await first.charge(keyed('k3'), { orderId: 'o2' });
    const backup = world.database.snapshot();
    gateway.play = approve;
    expect(told(await first.charge(keyed('k2')))).toBe('completed 201');
    await world.ended(first.engine.stop());
    world.database.restore(backup);
    const { engine } = await start(restoredNow());
    await world.pass(LANDED_MS);
    expect(world.stored('o1').charge).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    expect(world.stored('o2').charge.status).toBe('FAILED');
    const looked = gateway.lookups.length;
    await world.ended(engine.stop());
    await start({ policy: { restoredAtMs: ORIGIN_MS } });
    await world.pass(60_000);
    expect(gateway.lookups.length).toBe(looked);
    expect(gateway.ledger.size).toBe(1);
  });

  /** Charge 1 has failed and charge 2 is on its way when the database is lost, and with it the whole order. */
  async function secondOnItsWay(): Promise<() => Promise<unknown>> {
    const empty = world.database.snapshot();
    const first = await start();
    gateway.play = () => error500;
    await first.charge(keyed('k1'));
    gateway.play = never;
    void first.engine.charge(order('o1'), keyed('k2'));
    await world.pass(10);
    const request = gateway.calls.at(-1) as ChargeRequest;
    await world.ended(first.engine.stop(0));
    world.database.restore(empty);
    gateway.calls.length = 0;
    gateway.play = approve;
    return () => gateway.call(request, { timeoutMs: 1000, mayLeave: () => true });
  }

  it('an order is not charged while a later charge of it may still land', async () => {
    const land = await secondOnItsWay();
    const second = await start(restoredNow());
    void second.engine.charge(order('o1'), keyed('k2'));
    await world.pass(70_000);
    expect(gateway.calls).toHaveLength(0);
    await land();
    await world.pass(LANDED_MS);
    expect(world.stored('o1').charge).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    expect(gateway.ledger.size).toBe(1);
  });

  it('an order has not failed while a later charge of it may still land', async () => {
    const land = await secondOnItsWay();
    const request = { ...requestOf(1), status: 'declined', id: 'ch_no', code: 'no_funds' } as const;
    gateway.ledger.set(request.key, request);
    const second = await start(restoredNow());
    void second.engine.charge(order('o1'), keyed('k1'));
    await world.pass(70_000);
    expect(world.stored('o1').charge).toMatchObject({ status: 'UNRESOLVED', declineCode: 'no_funds' });
    await land();
    await world.pass(LANDED_MS);
    expect(world.stored('o1').charge).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
  });

  it('is charged when nothing that was forgotten can land any more', async () => {
    await secondOnItsWay();
    const second = await start(restoredNow());
    void second.engine.charge(order('o1'), keyed('k2'));
    await world.pass(LANDED_MS);
    expect(world.stored('o1').charge).toMatchObject({ status: 'COMPLETED', attempts: 1 });
  });

  it('any number of declines is followed to its end, page by page and from one look to the next', async () => {
    for (let n = 1; n <= 600; n += 1) {
      gateway.ledger.set(keyOf('o1', n), {
        ...requestOf(n),
        status: 'declined',
        id: `ch_${n}`,
        code: 'no_funds',
      });
    }
    const { charge } = await start(restoredNow());
    await world.pass(LANDED_MS);
    expect(told(await charge(keyed('k', 60_000)))).toBe('card_declined');
    expect(gateway.calls).toHaveLength(0);
    expect(new Set(gateway.lookups.map(({ key }) => key)).size).toBeGreaterThan(600);
    expect(gateway.lookups.length).toBeLessThan(650);
  });

  it('what lies behind a charge that the gateway never got is found where it is asked for', async () => {
    for (const [n, status] of [
      [1, 'declined'],
      [2, 'declined'],
      [4, 'succeeded'],
    ] as const) {
      gateway.ledger.set(keyOf('o1', n), { ...requestOf(n), status, id: `ch_${n}`, code: 'no_funds' });
    }
    const { charge } = await start(restoredNow());
    expect(told(await charge(keyed('k')))).toBe('202 REVIEW');
    expect(world.stored('o1').charge.gatewayRef).toBe('ch_4');
  });

  it('that our credentials are refused while it looks ahead is an alarm', async () => {
    const settings = restoredNow();
    await world.pass(LANDED_MS);
    const { engine, logged } = await start(settings);
    gateway.lookupPlay = ({ key }) =>
      key === keyOf('o1', 1) ? { kind: 'absent' } : { kind: 'forbidden', reason: 'http_401' };
    void engine.charge(order('o1'), keyed('k'));
    await world.pass(LANDED_MS);
    expect(world.trail('o1')).toContain('call.not_sent looked_ahead_unavailable');
    expect(logged.map(({ fields }) => fields.alarm)).toContain('gateway_forbidden');
  });

  it('a look before the first call that never ends is shown to a person after three days', async () => {
    const settings = restoredNow();
    await world.pass(LANDED_MS);
    const { engine, logged } = await start(settings);
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'unparseable' });
    void engine.charge(order('o1'), keyed('k'));
    await world.pass(71 * HOUR);
    expect(world.stored('o1').charge).toMatchObject({ status: 'PROCESSING', attempts: 0 });
    await world.pass(3 * HOUR);
    expect(world.stored('o1').charge).toMatchObject({
      status: 'REVIEW',
      failureCode: 'unresolved_too_long',
      attempts: 0,
    });
    expect(logged.map(({ fields }) => fields.alarm)).toContain('needs_review');
    expect(gateway.calls).toHaveLength(0);
  });

  it('is refused where the gateway cannot be asked', async () => {
    declareContract({ lookup: false });
    await expect(start(restoredNow())).rejects.toThrow(/restoredAtMs needs a gateway that can be asked/);
  });

  it('nothing is looked up any more for new orders a month later', async () => {
    const settings = restoredNow();
    await world.pass(31 * DAY);
    const { charge } = await start(settings);
    expect(told(await charge(keyed('a')))).toBe('completed 201');
    expect(gateway.lookups).toHaveLength(0);
  });
});

describe('payments of another installation', () => {
  /** The payments, restored into a database where Payonce had already started: it has another installation id. */
  function intoAnotherInstallation(): VirtualWorld {
    const other = createVirtualWorld({ installationId: '00000000-0000-4000-8000-00000000000b' });
    other.database.restore(world.database.snapshot());
    return other;
  }

  it('are a reason not to start: nothing is sent under a name that the gateway does not know', async () => {
    const first = await start();
    gateway.play = never;
    void first.engine.charge(order('o1'), { waitMs: 0 });
    await world.pass(10);
    const other = intoAnotherInstallation();
    await expect(chargingReplica(other, gateway)).rejects.toThrow(OTHER_INSTALLATION);
    expect(gateway.calls).toHaveLength(1);
  });

  it('that are restored beneath a running engine stop it before the first call', async () => {
    const other = createVirtualWorld({ installationId: '00000000-0000-4000-8000-00000000000b' });
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
    expect(other.stored('o1').charge.status).toBe('PROCESSING');
    expect(logged.filter(({ fields }) => fields.alarm === 'installation_changed')).toHaveLength(1);
    expect(await engine.ready()).toBe(false);
    expect(told(await charge(keyed('new'), { orderId: 'o2' }))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
  });

  it('that one payment shows stop all: nothing that it has in its memory is called, and it sweeps no more', async () => {
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

  const FRESH = '00000000-0000-4000-8000-00000000000b';

  /** Declined, and charged under a new key since; the backup is from between. An engine runs on a fresh database. */
  async function restoredBeneath() {
    const first = await start();
    gateway.play = decline;
    await first.charge(keyed('k1'));
    const backup = world.database.snapshot();
    gateway.play = approve;
    await first.charge(keyed('k2'));
    const other = createVirtualWorld({ installationId: FRESH });
    const replica = await chargingReplica(other, gateway);
    // Also so that the two worlds do not draw the same ids.
    await replica.charge(keyed('k0'), { orderId: 'o0' });
    other.database.restore(backup);
    gateway.calls.length = 0;
    const alarms = (): unknown[] =>
      replica.logged.filter(({ fields }) => fields.alarm === 'installation_changed');
    return { other, alarms, ...replica };
  }

  it('are not charged once more under another name, when they had failed and no payment is open', async () => {
    const { charge, alarms, other } = await restoredBeneath();
    expect(told(await charge(keyed('k2')))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
    expect(other.stored('o1').charge.n).toBe(1);
    expect(alarms()).toHaveLength(1);
  });

  it('are noticed by the sweep, also where no request touches them', async () => {
    const { charge, alarms, other } = await restoredBeneath();
    await other.pass(15_000);
    expect(alarms()).toHaveLength(1);
    // It may be one that the backup does not know, and that was charged under its other name.
    expect(told(await charge(keyed('new'), { orderId: 'o2' }))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
  });

  it('take no new order under the name of before, once their installation is restored with them', async () => {
    const { charge, alarms, other } = await restoredBeneath();
    other.database.reinstall(INSTALLATION);
    expect(told(await charge(keyed('new'), { orderId: 'o2' }))).toBe('installation_changed');
    expect(gateway.calls).toHaveLength(0);
    expect(other.database.row('default', 'o2')).toBeUndefined();
    expect(alarms()).toHaveLength(1);
  });

  it('stop the engine by the installation alone, where there is no payment yet', async () => {
    const other = createVirtualWorld({ installationId: FRESH });
    const { engine, charge } = await chargingReplica(other, gateway);
    other.database.reinstall(INSTALLATION);
    await other.pass(15_000);
    expect(await other.ended(engine.ready())).toBe(false);
    expect(told(await charge(keyed('new')))).toBe('installation_changed');
  });
});
