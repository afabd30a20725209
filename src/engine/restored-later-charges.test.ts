/** A database that was restored from a backup may have forgotten later charges of an order. They are looked up too. */
import { describe, expect, it } from 'vitest';
import { createCapturingGateway } from '../../test/support/capturing.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { HOUR_MS, keyOf, LANDED_MS, requestOf, restoredNow, start } from '../../test/support/restores.ts';
import { approve, decline, error500, never, reset } from '../../test/support/scripted-gateway.ts';
import { DATABASE_ORIGIN_MS, keyed, order, told } from '../../test/support/virtual-world.ts';
import type { ChargeRequest } from '../domain/outcomes.ts';

describe('a later charge that a restored database has forgotten', () => {
  it('keeps a decline from failing the order while it is live', async () => {
    const empty = world.database.snapshot();
    const first = await start();
    gateway.play = decline;
    await first.charge(keyed('a'));
    // What the backup does not know: the customer paid by another card.
    gateway.play = approve;
    expect(told(await first.charge(keyed('b')))).toBe('completed 201');
    await world.ended(first.engine.stop());
    world.database.restore(empty);
    gateway.play = decline;
    const second = await start(restoredNow());
    expect(told(await second.charge(keyed('a', 1000)))).toBe('202 REVIEW');
    expect(world.stored('o1').operation).toMatchObject({ failureCode: 'late_success', gatewayRef: 'ch_1' });
    expect(told(await second.charge(keyed('c', 1000)))).toBe('202 REVIEW');
    expect(gateway.ledger.size).toBe(1);
  });

  it('keeps a decline from failing the order if it was authorised first, and is captured', async () => {
    const manual = order('o1', { captureMethod: 'manual' });
    const capturing = createCapturingGateway();
    const { engine } = await world.replica(capturing, restoredNow());
    await world.pass(LANDED_MS);
    capturing.play = decline;
    capturing.lookupPlay = ({ key }) =>
      key === keyOf('o1', 2) ? { kind: 'captured', ref: 'ch_2', amountMinor: 300 } : { kind: 'absent' };
    expect(told(await world.ended(engine.charge(manual, keyed('a', 1000))))).toBe('202 REVIEW');
    expect(world.stored('o1').operation).toMatchObject({ failureCode: 'late_success', gatewayRef: 'ch_2' });
  });

  it('is found behind two declined charges', async () => {
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
      if (declined.includes(request.key)) return { kind: 'declined', code: 'no_funds', ref: 'd' };
      return request.key === live.key ? { kind: 'succeeded', ref: 'ch_live' } : { kind: 'absent' };
    };
    const second = await start(restoredNow());
    expect(told(await second.charge(keyed('a', 1000)))).toBe('202 REVIEW');
    expect(world.stored('o1').operation.gatewayRef).toBe('ch_live');
    expect(gateway.ledger.size).toBe(1);
  });

  it('does not exist if the gateway knows none: a decline then fails the order', async () => {
    const { charge } = await start(restoredNow());
    await world.pass(LANDED_MS);
    gateway.play = decline;
    expect(told(await charge(keyed('a')))).toBe('card_declined');
    const later = [2, 3, 4, 5].map((n) => keyOf('o1', n));
    expect(gateway.lookups.map(({ key }) => key)).toEqual([keyOf('o1', 1), ...later, ...later]);
  });

  it('may exist while its lookup fails: the decline is kept until then', async () => {
    const { engine } = await start(restoredNow());
    gateway.play = decline;
    const key = keyOf('o1', 1);
    gateway.lookupPlay = (request) =>
      request.key === key || gateway.calls.length === 0
        ? { kind: 'absent' }
        : { kind: 'unavailable', reason: 'http_503' };
    await world.ended(engine.charge(order('o1'), { waitMs: 5000 }));
    await world.pass(HOUR_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'UNRESOLVED', declineCode: 'no_funds' });
    gateway.lookupPlay = null;
    await world.pass(2 * HOUR_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'FAILED', failureCode: 'no_funds' });
  });

  it('keeps the forgotten first charge from being called again while it is live', async () => {
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
    expect(world.stored('o1').operation.failureCode).toBe('late_success');
    expect(gateway.ledger.size).toBe(1);
  });

  it('keeps the charge of the backup from being called again while it is live', async () => {
    const first = await start();
    gateway.play = () => ({ ...reset, retryAfterMs: 30_000 });
    await first.charge({ waitMs: 0 });
    await world.pass(1000);
    const backup = world.database.snapshot();
    await world.ended(first.engine.stop());
    // What the backup does not know: the first was proved absent, and the second was made.
    const request = { ...(gateway.calls[0] as ChargeRequest), key: keyOf('o1', 2) };
    gateway.play = approve;
    await gateway.call(request, { timeoutMs: 1000, mayLeave: () => true });
    world.database.restore(backup);
    await start(restoredNow());
    await world.pass(HOUR_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    expect(gateway.ledger.size).toBe(1);
  });

  it('keeps the order from being charged although it was taken back', async () => {
    const later = requestOf(2);
    gateway.ledger.set(later.key, { ...later, status: 'refunded', id: 'ch_back' });
    const { charge } = await start(restoredNow());
    expect(told(await charge(keyed('k')))).toBe('202 PROCESSING');
    await world.pass(LANDED_MS);
    expect(world.stored('o1').operation).toMatchObject({
      status: 'REVIEW',
      failureCode: 'late_success',
      gatewayRef: 'ch_back',
    });
    // Nothing of the order is paid, so the review ends by itself.
    await world.pass(25 * HOUR_MS);
    expect(world.stored('o1').operation.status).toBe('FAILED');
    expect(gateway.calls).toHaveLength(0);
    // A new key charges it again, behind the one that was taken back.
    expect(told(await charge(keyed('k2', 60_000)))).toBe('gateway_failed');
    expect(told(await charge(keyed('k3', 60_000)))).toBe('completed 201');
    expect(gateway.calls.map(({ key }) => key)).toEqual([keyOf('o1', 3)]);
  });

  it('lets a decline fail the order if it was taken back', async () => {
    const later = requestOf(2);
    gateway.ledger.set(later.key, { ...later, status: 'refunded', id: 'ch_back' });
    gateway.ledger.set(keyOf('o1', 1), { ...requestOf(1), status: 'declined', id: 'ch_1', code: 'no_funds' });
    const { charge } = await start(restoredNow());
    await world.pass(LANDED_MS);
    expect(told(await charge(keyed('k', 60_000)))).toBe('card_declined');
  });

  it('keeps a charge that was not found from failing the order while it is live', async () => {
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
    expect(world.stored('o1').operation).toMatchObject({ status: 'UNRESOLVED', step: 'lookup' });
    await start({ policy: { ...restoredNow().policy, maxAttempts: 1 } });
    await world.pass(HOUR_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
  });

  it('is found for an order that had failed in the backup', async () => {
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
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    expect(world.stored('o2').operation.status).toBe('FAILED');
    const looked = gateway.lookups.length;
    await world.ended(engine.stop());
    await start({ policy: { restoredAtMs: DATABASE_ORIGIN_MS } });
    await world.pass(60_000);
    expect(gateway.lookups.length).toBe(looked);
    expect(gateway.ledger.size).toBe(1);
  });

  /** Charge 1 has failed and charge 2 is on its way when the database loses the whole order. Returns how charge 2 lands. */
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

  it('keeps the order from being charged while it may still land', async () => {
    const land = await secondOnItsWay();
    const second = await start(restoredNow());
    void second.engine.charge(order('o1'), keyed('k2'));
    await world.pass(70_000);
    expect(gateway.calls).toHaveLength(0);
    await land();
    await world.pass(LANDED_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    expect(gateway.ledger.size).toBe(1);
  });

  it('keeps the order from failing while it may still land', async () => {
    const land = await secondOnItsWay();
    const request = { ...requestOf(1), status: 'declined', id: 'ch_no', code: 'no_funds' } as const;
    gateway.ledger.set(request.key, request);
    const second = await start(restoredNow());
    void second.engine.charge(order('o1'), keyed('k1'));
    await world.pass(70_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'UNRESOLVED', declineCode: 'no_funds' });
    await land();
    await world.pass(LANDED_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
  });

  it('lets the order be charged when it can no longer land', async () => {
    await secondOnItsWay();
    const second = await start(restoredNow());
    void second.engine.charge(order('o1'), keyed('k2'));
    await world.pass(LANDED_MS);
    expect(world.stored('o1').operation).toMatchObject({ status: 'COMPLETED', attempts: 1 });
  });

  it('is searched for behind any number of declines, page by page, and no page twice', async () => {
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

  it('is found behind a charge that never reached the gateway', async () => {
    for (const [n, status] of [
      [1, 'declined'],
      [2, 'declined'],
      [4, 'succeeded'],
    ] as const) {
      gateway.ledger.set(keyOf('o1', n), { ...requestOf(n), status, id: `ch_${n}`, code: 'no_funds' });
    }
    const { charge } = await start(restoredNow());
    expect(told(await charge(keyed('k')))).toBe('202 REVIEW');
    expect(world.stored('o1').operation.gatewayRef).toBe('ch_4');
  });

  it.each([
    ['at once', [5]],
    ['after declines', [2, 3, 7]],
    ['between declines', [4, 7, 11]],
  ])('is found behind three charges in a row that never reached the gateway, %s', async (_, known) => {
    for (const n of known) {
      const status = n === known.at(-1) ? 'succeeded' : 'declined';
      gateway.ledger.set(keyOf('o1', n), { ...requestOf(n), status, id: `ch_${n}`, code: 'no_funds' });
    }
    const { charge } = await start(restoredNow());
    await world.pass(LANDED_MS);
    expect(told(await charge(keyed('k')))).toBe('202 REVIEW');
    expect(world.stored('o1').operation.gatewayRef).toBe(`ch_${known.at(-1)}`);
    expect(gateway.calls).toHaveLength(0);
  });

  it('is found behind one that was declined for an amount and currency that the database has forgotten', async () => {
    const other = { amountMinor: 7, currency: 'EUR' };
    // Those after the first one are looked up four at once, and the money is behind them.
    for (const n of [1, 2, 3, 4, 5, 6]) {
      gateway.ledger.set(keyOf('o1', n), {
        ...requestOf(n),
        ...(n === 1 ? {} : other),
        status: n === 6 ? 'succeeded' : 'declined',
        id: `ch_${n}`,
        code: 'no_funds',
      });
    }
    const { charge } = await start(restoredNow());
    expect(told(await charge(keyed('k')))).toBe('202 REVIEW');
    expect(world.stored('o1').operation).toMatchObject({ failureCode: 'late_success', gatewayRef: 'ch_6' });
  });

  it('raises an alarm if the gateway refuses our credentials when it is looked up', async () => {
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
});
