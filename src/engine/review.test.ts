/** A payment in REVIEW ends by itself once the gateway shows how it ended: no order stays closed for good. */
import { describe, expect, it } from 'vitest';
import { type ChargingReplica, chargingReplica, lateEvidence } from '../../test/support/charging.ts';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import { approve, decline } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, told } from '../../test/support/virtual-world.ts';
import { chargeKey } from '../domain/ids.ts';
import type { CallOutcome, ChargeRequest, ReportedCharge } from '../domain/outcomes.ts';

const MINUTE = 60_000;
/** The time between two lookups of a payment in review. */
const LOOK = 10 * MINUTE;
const SETTINGS = { policy: { maxAttempts: 1, reviewLookupMs: LOOK }, limits: { sweepMs: 10_000 } };
const UNREACHED: CallOutcome = { kind: 'refused', reason: 'dns' };

/** The order's first charge failed without a decline, and turns out to be live when the second is wanted. */
async function lateSuccess(): Promise<ChargingReplica> {
  const replica = await chargingReplica(world, gateway, SETTINGS);
  gateway.play = () => UNREACHED;
  await replica.charge(keyed('one'));
  landsLate();
  expect(told(await replica.charge(keyed('two')))).toBe('202 REVIEW');
  gateway.play = approve;
  return replica;
}

function first(): ChargeRequest {
  const [request] = gateway.calls;
  if (request === undefined) throw new Error('Nothing was called.');
  return request;
}

/** The gateway has the first charge after all. */
function landsLate(changes: Partial<ReportedCharge> = {}): void {
  const { key, reference, amountMinor, currency } = first();
  const late = { id: 'ch_late', status: 'succeeded', key, reference, amountMinor, currency } as const;
  gateway.ledger.set(key, { ...late, ...changes });
}

describe('late money of an earlier charge', () => {
  it.each(['refunded', 'voided', 'canceled'] as const)(
    'that was taken back (%s) ends the review: the order has failed, and a new key charges it',
    async (status) => {
      const { charge } = await lateSuccess();
      landsLate({ status });
      await world.pass(LOOK + 2 * MINUTE);
      expect(world.stored('o1').operation).toMatchObject({ n: 2, status: 'FAILED' });
      const calls = gateway.calls.length;
      expect(told(await charge(keyed('two')))).toBe('gateway_failed');
      expect(told(await charge(keyed('three')))).toBe('completed 201');
      expect(gateway.calls.length).toBe(calls + 1);
    },
  );

  it('that the next lookups no longer find also ends it, when nothing can hide it any more', async () => {
    const { charge } = await lateSuccess();
    gateway.ledger.delete(first().key);
    await world.pass(LOOK + MINUTE / 2);
    expect(world.stored('o1').operation.status).toBe('REVIEW');
    await world.pass(MINUTE);
    expect(world.stored('o1').operation.status).toBe('FAILED');
    expect(told(await charge(keyed('three')))).toBe('completed 201');
  });

  it('that is live still keeps the order closed, for ever', async () => {
    const { charge } = await lateSuccess();
    await world.pass(20 * LOOK);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    expect(told(await charge(keyed('three')))).toBe('202 REVIEW');
    expect(gateway.calls.length).toBe(1);
  });

  it('that was taken back leaves the order closed while a later charge is live, which a restore has forgotten', async () => {
    await lateSuccess();
    landsLate({ status: 'refunded' });
    const key = chargeKey(first().reference, 3);
    const { reference, amountMinor, currency } = first();
    const forgotten = { id: 'ch_3', key, reference, amountMinor, currency } as const;
    gateway.ledger.set(key, { ...forgotten, status: 'succeeded' });
    await world.pass(5 * LOOK);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', gatewayRef: 'ch_3' });
    gateway.ledger.set(key, { ...forgotten, status: 'refunded' });
    await world.pass(LOOK + 2 * MINUTE);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });

  it('does not count as gone while lookups fail', async () => {
    await lateSuccess();
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    await world.pass(5 * LOOK);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
  });
});

describe('late money of the charge that had failed', () => {
  const evidenced = async (): Promise<ChargingReplica> => {
    const replica = await chargingReplica(world, gateway, SETTINGS);
    gateway.play = decline;
    await replica.charge(keyed('one'));
    gateway.play = approve;
    landsLate();
    await lateEvidence(world, replica.store);
    await world.pass(MINUTE / 2);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_success' });
    return replica;
  };

  it('completes the order, and later requests see that; a key keeps its own answer', async () => {
    const { charge } = await evidenced();
    await world.pass(LOOK + MINUTE / 2);
    expect(world.stored('o1').operation).toMatchObject({ n: 1, status: 'COMPLETED', gatewayRef: 'ch_late' });
    expect(told(await charge(keyed('one')))).toBe('card_declined');
    for (const options of [keyed('two'), keyed('two'), KEYLESS])
      expect(told(await charge(options))).toBe('completed 200');
    expect(gateway.calls.length).toBe(1);
  });

  it('that was taken back fails it again, and the next charge may come', async () => {
    const { charge } = await evidenced();
    landsLate({ status: 'refunded' });
    await world.pass(LOOK + MINUTE / 2);
    const { failureCode, gatewayRef, status } = world.stored('o1').operation;
    expect([status, failureCode, gatewayRef]).toEqual(['FAILED', 'refunded', 'ch_late']);
    expect(told(await charge(keyed('one')))).toBe('card_declined');
    expect(told(await charge(keyed('two')))).toBe('completed 201');
  });

  it.each<[string, () => void]>([
    ['does not find', () => gateway.ledger.clear()],
    ['finds another of, taken back', () => landsLate({ id: 'ch_other', status: 'refunded' })],
  ])('that a worker has reported, and that a lookup %s, is not dismissed', async (_what, changes) => {
    await evidenced();
    changes();
    await world.pass(5 * LOOK);
    expect(world.stored('o1').operation.status).toBe('REVIEW');
  });
});

describe('two charges under one key', () => {
  const doubled = async (): Promise<ChargingReplica> => {
    const replica = await chargingReplica(world, gateway, SETTINGS);
    gateway.play = () => ({ kind: 'unknown', answered: true, reason: 'http_500' });
    gateway.lookupPlay = () => ({ kind: 'duplicated', refs: ['a', 'b'] });
    expect(told(await replica.charge(keyed('one')))).toBe('202 REVIEW');
    return replica;
  };

  it('of which one was refunded count as one: the order is paid', async () => {
    const { charge } = await doubled();
    gateway.lookupPlay = () => ({ kind: 'succeeded', ref: 'b' });
    await world.pass(LOOK + MINUTE / 2);
    expect(told(await charge(keyed('one')))).toBe('completed 201');
  });

  it('that were both refunded count as none: the order has failed, and the answer says why', async () => {
    const { charge } = await doubled();
    gateway.lookupPlay = () => ({ kind: 'reversed', refs: ['a', 'b'] });
    await world.pass(LOOK + MINUTE / 2);
    const answer = await charge(keyed('one'));
    expect(told(answer)).toBe('gateway_failed');
    expect(answer.kind === 'settled' && JSON.parse(answer.frozen.body)).toMatchObject({
      failure_code: 'refunded',
      safe_to_retry_with_new_key: true,
      detail: expect.stringContaining('refunded or voided at the gateway'),
    });
  });
});

describe('a charge that turns out made and taken back', () => {
  it.each(['kept', 'none'] as const)('fails, and is not sent again by itself: keys %s', async (keys) => {
    declareContract({ keys });
    const { charge } = await chargingReplica(world, gateway, { limits: { sweepMs: 10_000 } });
    gateway.play = () => ({ kind: 'pending', ref: 'ch' });
    gateway.lookupPlay = () => ({ kind: 'reversed', refs: ['ch'] });
    await charge(keyed('one', 0));
    await world.pass(3_600_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'FAILED', failureCode: 'refunded' });
    expect(gateway.calls.length).toBe(1);
  });

  it.each(['kept', 'none'] as const)(
    'is looked up before the next charge: its refund may have failed since: keys %s',
    async (keys) => {
      declareContract({ keys });
      const { charge } = await chargingReplica(world, gateway, { limits: { sweepMs: 10_000 } });
      gateway.play = () => ({ kind: 'unknown', answered: true, reason: 'http_500' });
      gateway.lookupPlay = () => ({ kind: 'reversed', refs: ['ch_late'] });
      await charge(keyed('one', 0));
      await world.pass(3_600_000);
      expect(world.stored('o1').operation).toMatchObject({ status: 'FAILED', failureCode: 'refunded' });
      gateway.lookupPlay = () => ({ kind: 'succeeded', ref: 'ch_late' });
      gateway.play = approve;
      expect(told(await charge(keyed('two')))).toBe('202 REVIEW');
      expect(world.stored('o1').operation).toMatchObject({
        n: 2,
        failureCode: 'late_success',
        gatewayRef: 'ch_late',
      });
      expect(new Set(gateway.calls.map(({ key }) => key)).size).toBe(1);
    },
  );
});
