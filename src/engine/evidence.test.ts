/** Proof of money is kept, even from a worker that may no longer write. */
import { describe, expect, it } from 'vitest';
import { lateEvidence, slowly } from '../../test/support/charging.ts';
import { world } from '../../test/support/fresh-world.ts';
import { approve, createScriptedGateway, reset } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, keyed, order, told } from '../../test/support/virtual-world.ts';
import type { CallOutcome } from '../domain/outcomes.ts';
import { keepEvidence, mayHaveSent, tellsOfMoney } from './evidence.ts';

const approved: CallOutcome = { kind: 'approved', ref: 'ch' };

async function underWay() {
  const gateway = createScriptedGateway();
  gateway.play = () => new Promise(() => {});
  const { engine: running } = await world.replica(gateway);
  void running.charge(order('o1'), KEYLESS);
  await world.pass(10);
  const parts = world.parts(gateway);
  return {
    ...parts,
    keep: (outcome: CallOutcome) => keepEvidence(parts.engine, world.stored('o1'), outcome),
  };
}

describe('evidence that comes in', () => {
  /** The order has failed without a decline, and its next charge waits in memory for its second call. */
  async function secondChargeWaits() {
    const gateway = createScriptedGateway();
    gateway.play = () => ({ kind: 'refused', reason: 'connection_refused' });
    const { engine, store } = await world.replica(gateway);
    expect(told(await world.ended(engine.charge(order('o1'), keyed('one'))))).toBe('gateway_failed');
    gateway.play = () => ({ kind: 'refused', reason: 'rate_limited', retryAfterMs: 5000 });
    void engine.charge(order('o1'), keyed('two'));
    await world.pass(1000);
    expect(world.stored('o1').operation).toMatchObject({ n: 2, step: 'call', attempts: 1 });
    gateway.play = approve;
    return { gateway, store, calls: gateway.calls.length };
  }

  it('keeps a waiting call from being sent', async () => {
    const { gateway, store, calls } = await secondChargeWaits();
    await lateEvidence(world, store);
    await world.pass(10_000);
    expect([gateway.calls.length, world.stored('o1').operation.status]).toEqual([calls, 'REVIEW']);
  });

  it('is checked before a waiting lookup can prove anything', async () => {
    const gateway = createScriptedGateway({ landsWithinMs: 8000 });
    gateway.play = () => reset;
    const { engine, store } = await world.replica(gateway, { policy: { maxAttempts: 1 } });
    // Until then, dates may be by the clock before a step.
    await world.pass(16_000);
    void engine.charge(order('o1'), KEYLESS);
    await world.pass(5000);
    await lateEvidence(world, store, reset);
    // By then, what this worker has sent can no longer land, but what the other may have sent can.
    await world.pass(7000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'UNRESOLVED', doubt: { kind: 'open' } });
    await world.pass(10_000);
    expect(world.stored('o1').operation.status).toBe('FAILED');
  });
});

describe('an answer that came too late to be written', () => {
  it.each<CallOutcome>([
    approved,
    { kind: 'mismatch', ref: 'ch', reason: 'amount_mismatch' },
    { kind: 'pending', ref: 'ch' },
  ])('is kept if it is about money: $kind', async (outcome) => {
    const { keep } = await underWay();
    await world.ended(keep(outcome));
    expect(world.database.row('default', 'o1')?.evidence).toMatchObject([{ chargeN: 1, outcome }]);
  });

  it.each<CallOutcome>([{ kind: 'unknown', answered: false, reason: 'timeout' }, { kind: 'busy' }])(
    'is kept if the call may have been sent: $kind',
    async (outcome) => {
      const { engine, keep } = await underWay();
      await world.ended(keep(outcome));
      expect(world.database.row('default', 'o1')?.evidence).toMatchObject([{ chargeN: 1, outcome }]);
      const sent = mayHaveSent(engine, world.stored('o1'), outcome);
      expect([tellsOfMoney(outcome), sent]).toEqual([false, true]);
    },
  );

  it.each<CallOutcome>([
    { kind: 'declined', code: 'no' },
    { kind: 'refused', reason: 'dns' },
    { kind: 'forbidden', reason: 'http_401' },
  ])('is nothing to keep if it was not executed: $kind', async (outcome) => {
    const { engine } = await underWay();
    const sent = mayHaveSent(engine, world.stored('o1'), outcome);
    expect([tellsOfMoney(outcome), sent]).toEqual([false, false]);
  });

  it('raises an alarm with the charge’s key if the database has forgotten the payment', async () => {
    const { engine, logged } = await underWay();
    const forgotten = { ...world.stored('o1'), paymentId: '0199e6a0-0000-7000-8000-000000000000' };
    await world.ended(keepEvidence(engine, forgotten, approved));
    expect(logged).toEqual([
      {
        level: 'error',
        message: 'the database has forgotten a payment that the gateway has answered: look this charge up',
        fields: {
          payment_id: forgotten.paymentId,
          charge: 1,
          gateway_key: forgotten.gatewayKey,
          outcome: approved,
          alarm: 'evidence_lost',
        },
      },
    ]);
  });

  it('is kept and checked if it comes from an adapter that was given up', async () => {
    const gateway = createScriptedGateway();
    gateway.play = slowly(world, 12_000);
    const { engine, store } = await world.replica(gateway, { policy: { maxAttempts: 1 } });
    void engine.charge(order('o1'), KEYLESS);
    await world.pass(11_000);
    expect(world.stored('o1').operation).toMatchObject({ doubt: { kind: 'open' }, gatewayRef: null });
    expect(store.used.filter(({ method }) => method === 'addEvidence')).toEqual([]);
    await world.pass(2000);
    const outcome = { kind: 'approved', ref: 'ch_1' };
    expect(world.database.row('default', 'o1')?.evidence).toMatchObject([{ chargeN: 1, outcome }]);
    await world.pass(30_000);
    expect(world.stored('o1')).toMatchObject({ evidence: 0, operation: { status: 'COMPLETED' } });
  });

  it('is tried twice a second for a minute, and then raises an alarm', async () => {
    const { store, logged, keep } = await underWay();
    store.goDown();
    const begunMs = world.nowMs;
    await world.ended(keep(approved));
    const tried = store.used.map(({ atMs }) => atMs - begunMs);
    expect([tried.length, tried[1], tried.at(-1)]).toEqual([121, 500, 60_000]);
    expect(logged).toEqual([
      {
        level: 'error',
        message: 'an answer of the gateway could not be stored; look this charge up',
        fields: {
          payment_id: world.stored('o1').paymentId,
          charge: 1,
          gateway_key: world.stored('o1').gatewayKey,
          outcome: approved,
          alarm: 'evidence_lost',
        },
      },
    ]);
  });

  it('is tried once if the database does not accept its values, and then raises an alarm', async () => {
    const { store, keep, logged } = await underWay();
    store.fail('addEvidence', 'unfit');
    await world.ended(keep(approved));
    expect(store.used.filter(({ method }) => method === 'addEvidence')).toHaveLength(1);
    expect(logged).toMatchObject([{ level: 'error', fields: { alarm: 'evidence_lost' } }]);
  });

  it('is kept as soon as the database is back', async () => {
    const { store, logged, keep } = await underWay();
    store.fail('addEvidence', 'unavailable', 'unavailable');
    await world.ended(keep(approved));
    expect([store.used.length, world.stored('o1').evidence, logged]).toEqual([3, 1, []]);
  });

  it('is not tried again after an error that is not the database’s', async () => {
    const { engine } = await underWay();
    const store = { ...engine.store, addEvidence: () => Promise.reject(new TypeError('a fault')) };
    await expect(
      world.ended(keepEvidence({ ...engine, store }, world.stored('o1'), approved)),
    ).rejects.toThrow(TypeError);
  });
});
