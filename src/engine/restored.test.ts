/** A database that was restored from a backup: what it has forgotten of a charge is looked up before the charge is called. */
import { describe, expect, it } from 'vitest';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import { HOUR_MS, LANDED_MS, restoredNow, start } from '../../test/support/restores.ts';
import { approve, never } from '../../test/support/scripted-gateway.ts';
import { keyed, order, told } from '../../test/support/virtual-world.ts';
import type { ChargeRequest } from '../domain/outcomes.ts';

/** From now on the gateway knows no old keys. A call with an old key is charged again. */
function pruneKeys(): void {
  const made = gateway.ledger.size;
  gateway.play = ({ request }) => {
    const id = `ch_again_${gateway.ledger.size - made + 1}`;
    const { key, reference, amountMinor, currency } = request;
    const charge = { id, status: 'succeeded', amountMinor, currency, reference, key } as const;
    gateway.ledger.set(`${key} again`, charge);
    return { kind: 'approved', ref: id };
  };
}

/** The gateway is paused when the backup is taken, so the payment waits. It is charged afterwards, and the backup is restored. */
async function backupOfWaiting(): Promise<void> {
  const first = await start();
  gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
  await first.charge({ waitMs: 0 });
  await world.pass(1000);
  const backup = world.database.snapshot();
  gateway.play = approve;
  await world.pass(2 * 60_000);
  expect(world.stored('o1').operation.status).toBe('COMPLETED');
  await world.ended(first.engine.stop());
  world.database.restore(backup);
}

describe('a backup that is older than the key window', () => {
  it('is not believed where it says that no call was made: the charge is looked up, and found', async () => {
    await backupOfWaiting();
    pruneKeys();
    await world.pass(25 * HOUR_MS);
    await start();
    await world.pass(2 * 60_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    expect(gateway.ledger.size).toBe(1);
  });

  it('still has its order charged if the gateway does not know it', async () => {
    const first = await start();
    gateway.play = () => ({ kind: 'forbidden', reason: 'http_401' });
    await first.charge({ waitMs: 0 });
    await world.ended(first.engine.stop());
    gateway.play = approve;
    await world.pass(25 * HOUR_MS);
    await start();
    await world.pass(60_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'COMPLETED', attempts: 1 });
    expect(gateway.lookups).toHaveLength(1);
  });

  it('sends nothing while the lookup has no answer', async () => {
    await backupOfWaiting();
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_503' });
    await world.pass(25 * HOUR_MS);
    const calls = gateway.calls.length;
    await start();
    await world.pass(HOUR_MS);
    expect(gateway.calls.length).toBe(calls);
    expect(world.stored('o1').operation).toMatchObject({ status: 'PROCESSING', attempts: 0 });
    gateway.lookupPlay = null;
    await world.pass(2 * HOUR_MS);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    expect(gateway.ledger.size).toBe(1);
  });

  it('sends its order to a person if the gateway has no lookups', async () => {
    declareContract({ lookup: false });
    await backupOfWaiting();
    await world.pass(25 * HOUR_MS);
    await start();
    await world.pass(60_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'outcome_unknown' });
    expect(gateway.ledger.size).toBe(1);
  });
});

describe('with restoredAtMs set, after a restore', () => {
  it('an order that the database has forgotten is looked up when its client repeats the request', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    expect(told(await first.charge(keyed('k')))).toBe('completed 201');
    await world.ended(first.engine.stop());
    world.database.restore(empty);
    pruneKeys();
    await world.pass(25 * HOUR_MS);
    const second = await start(restoredNow());
    expect(told(await second.charge(keyed('k')))).toBe('completed 201');
    expect(gateway.ledger.size).toBe(1);
  });

  it('an order is looked up by the next worker if the first one died before its lookup', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    await first.charge(keyed('k'));
    await world.ended(first.engine.stop());
    world.database.restore(empty);
    pruneKeys();
    await world.pass(25 * HOUR_MS);
    const restored = restoredNow();
    const second = await start(restored);
    // It dies after the acceptance: its lookup never gets an answer.
    gateway.lookupPlay = () => new Promise(() => {});
    void second.engine.charge(order('o1'), keyed('k'));
    await world.pass(10);
    second.store.goDown();
    gateway.lookupPlay = null;
    await start(restored);
    await world.pass(2 * 60_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'COMPLETED', gatewayRef: 'ch_1' });
    expect(gateway.ledger.size).toBe(1);
  });

  it('a retry that comes too late asks the gateway before it fails', async () => {
    const first = await start();
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused', retryAfterMs: 30_000 });
    await first.charge({ waitMs: 0 });
    await world.pass(1000);
    const backup = world.database.snapshot();
    gateway.play = approve;
    await world.pass(60_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    await world.ended(first.engine.stop());
    world.database.restore(backup);
    await world.pass(HOUR_MS);
    await start(restoredNow());
    await world.pass(60_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
  });

  it('a charge that may have been sent just before the restore does not count as absent', async () => {
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
    // The first call lands late, and is found.
    await gateway.call(gateway.calls[0] as ChargeRequest, { timeoutMs: 1000, mayLeave: () => true });
    await world.pass(HOUR_MS);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
    expect(gateway.calls).toHaveLength(2);
  });

  it('an order goes to a person if the lookup before its first call gets no answer for three days', async () => {
    const settings = restoredNow();
    await world.pass(LANDED_MS);
    const { engine, logged } = await start(settings);
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'unparseable' });
    void engine.charge(order('o1'), keyed('k'));
    await world.pass(71 * HOUR_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'PROCESSING', attempts: 0 });
    await world.pass(3 * HOUR_MS);
    expect(world.stored('o1').operation).toMatchObject({
      status: 'REVIEW',
      failureCode: 'unresolved_too_long',
      attempts: 0,
    });
    expect(logged.map(({ fields }) => fields.alarm)).toContain('needs_review');
    expect(gateway.calls).toHaveLength(0);
  });

  it('the engine does not start if the gateway has no lookups', async () => {
    declareContract({ lookup: false });
    await expect(start(restoredNow())).rejects.toThrow(/restoredAtMs needs a gateway with lookups/);
  });

  it('new orders are not looked up any more a month later', async () => {
    const settings = restoredNow();
    await world.pass(31 * 24 * HOUR_MS);
    const { charge } = await start(settings);
    expect(told(await charge(keyed('a')))).toBe('completed 201');
    expect(gateway.lookups).toHaveLength(0);
  });
});
