/**
 * What a worker that came too late has learnt about money is never lost, and nothing is answered or sent that
 * contradicts it.
 */
import { describe, expect, it } from 'vitest';
import { chargingReplica, lateEvidence, later } from '../../test/support/charging.ts';
import { world } from '../../test/support/fresh-world.ts';
import { approve, createScriptedGateway, decline, reset } from '../../test/support/scripted-gateway.ts';
import { keyed, order, told } from '../../test/support/virtual-world.ts';
import type { CallOutcome } from '../domain/outcomes.ts';

describe('an approval whose write comes too late', () => {
  it('is kept if another process has written without a lease meanwhile', async () => {
    const gateway = createScriptedGateway({ lookup: false });
    const settings = { policy: { maxAttempts: 1 } };
    const paused = await chargingReplica(world, gateway, settings);
    await chargingReplica(world, gateway, settings);
    const pause = later<void>();
    paused.store.before('advance', () => pause.promise);
    void paused.engine.charge(order('o1'), keyed('k'));
    // The lease ends, and the other process leaves the payment to a person: the gateway has no lookups.
    await world.pass(40_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', gatewayRef: null });
    await pause.come();
    await world.pass(10_000);
    expect(world.database.row('default', 'o1')?.evidence).toMatchObject([{ outcome: { kind: 'approved' } }]);
    expect(world.stored('o1').operation.gatewayRef).toBe('ch_1');
  });
});

/** Not executed, with a Retry-After. */
const refused = (retryAfterMs: number): CallOutcome => ({ kind: 'refused', reason: 'dns', retryAfterMs });

describe('a retry that waits in memory', () => {
  /** The order's first charge failed without a decline. Its second one was refused, and waits for 12 s. */
  async function waitingRetry() {
    const gateway = createScriptedGateway();
    const replica = await chargingReplica(world, gateway, { policy: { maxAttempts: 2 } });
    gateway.play = () => refused(0);
    await replica.charge(keyed('one'));
    gateway.play = ({ attempt, charge }) => (attempt === 1 ? refused(12_000) : charge());
    await replica.charge(keyed('two', 0));
    await world.pass(3000);
    const calls = gateway.calls.length;
    gateway.lookupPlay = () => ({ kind: 'succeeded', ref: 'ch_late' });
    return { ...replica, gateway, calls };
  }

  it('is not sent if evidence has come in: the evidence is checked at once', async () => {
    const { store, gateway, calls } = await waitingRetry();
    await lateEvidence(world, store);
    await world.pass(2000);
    expect(world.stored('o1').operation).toMatchObject({
      n: 2,
      status: 'REVIEW',
      failureCode: 'late_success',
    });
    await world.pass(60_000);
    expect(gateway.calls.length).toBe(calls);
  });

  it('is not sent either if the evidence comes in just before its claim', async () => {
    const { store, gateway, calls } = await waitingRetry();
    store.before('advance', () => lateEvidence(world, store));
    await world.pass(60_000);
    expect(gateway.calls.length).toBe(calls);
    expect(world.trail('o1')).toContain('call.not_sent late_evidence');
    expect(world.stored('o1').operation).toMatchObject({
      status: 'REVIEW',
      failureCode: 'late_success',
      attempts: 1,
    });
  });
});

describe('a failure', () => {
  it('is not written over unchecked evidence', async () => {
    const gateway = createScriptedGateway();
    const { store, engine } = await chargingReplica(world, gateway, { policy: { maxAttempts: 1 } });
    gateway.play = () => reset;
    void engine.charge(order('o1'), keyed('k'));
    // The lookup that proves the absence is under way when the evidence comes in.
    gateway.lookupPlay = () =>
      new Promise((resolve) => void world.clock.after(3000, () => resolve({ kind: 'absent' })));
    await world.pass(60_500);
    while (!world.stored('o1').held) await world.pass(100);
    await lateEvidence(world, store);
    await world.pass(4000);
    expect(world.trail('o1')).not.toContain('payment.failed gateway_error');
    expect(world.stored('o1')).toMatchObject({
      evidence: 0,
      answer: null,
      operation: { gatewayRef: 'ch_late' },
    });
    gateway.lookupPlay = () => ({ kind: 'succeeded', ref: 'ch_late' });
    await world.pass(3_600_000);
    expect(world.stored('o1').operation.status).toBe('COMPLETED');
  });

  it('by a decline is kept until the evidence was checked, and given then', async () => {
    const gateway = createScriptedGateway();
    const replica = await chargingReplica(world, gateway);
    gateway.play = decline;
    gateway.lookupPlay = () => ({ kind: 'declined', code: 'no_funds', ref: 'd' });
    // Another worker may have sent it once more without an answer.
    const { store } = replica;
    const outcome = { kind: 'unknown', answered: false, reason: 'connection_lost' } as const;
    store.before('advance', () => {
      const { paymentId } = world.stored('o1');
      return store.addEvidence({
        payment: { accountId: 'default', orderId: 'o1', paymentId },
        chargeN: 1,
        outcome,
      });
    });
    expect(told(await replica.charge(keyed('k')))).toBe('card_declined');
    expect(world.trail('o1')).toEqual([
      'payment.created',
      'call.declined_in_doubt no_funds',
      'verify.started',
      'verify.clear',
      'lookup.started',
      'payment.failed no_funds',
    ]);
  });
});

describe('late evidence about a settled charge whose lookup gives no answer', () => {
  it.each([
    ['FAILED', decline, 'REVIEW'],
    ['COMPLETED', approve, 'COMPLETED'],
  ] as const)(
    '%s: is shown to a person daily after three days, and looked up until there is an answer',
    async (status, play, end) => {
      const HOUR_MS = 3_600_000;
      const gateway = createScriptedGateway();
      const settings = { limits: { sweepMs: 60_000 } };
      const { charge, store, logged } = await chargingReplica(world, gateway, settings);
      gateway.play = play;
      await charge(keyed('k'));
      // How long ago the charge itself was does not matter.
      await world.pass(240 * HOUR_MS);
      gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_503' });
      await lateEvidence(world, store);
      const alarms = () => logged.filter(({ fields }) => fields.alarm === 'evidence_waits').length;
      await world.pass(71 * HOUR_MS);
      expect([alarms(), world.stored('o1').operation.status]).toEqual([0, status]);
      await world.pass(2 * HOUR_MS);
      expect(alarms()).toBe(1);
      gateway.lookups.length = 0;
      await world.pass(240 * HOUR_MS);
      expect([alarms(), gateway.lookups.length]).toEqual([11, 10]);
      expect(world.stored('o1').evidence).toBe(1);
      gateway.lookupPlay = () => ({ kind: 'succeeded', ref: 'ch_late' });
      await world.pass(25 * HOUR_MS);
      expect(world.stored('o1')).toMatchObject({ evidence: 0, operation: { status: end } });
      expect(alarms()).toBe(11);
      expect(logged.filter(({ fields }) => fields.alarm_ended === 'evidence_waits')).toHaveLength(1);
    },
  );
});
