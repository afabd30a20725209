/** What is asked about an order's earlier charges before its next one is sent. */
import { describe, expect, it } from 'vitest';
import { chargingReplica, lateEvidence } from '../../test/support/charging.ts';
import { gateway, world } from '../../test/support/fresh-world.ts';
import { approve, decline, error500 } from '../../test/support/scripted-gateway.ts';
import { keyed, told } from '../../test/support/virtual-world.ts';

/** An order whose first charge the gateway did not know when it was looked up. */
async function failedByAbsence() {
  const replica = await chargingReplica(world, gateway);
  gateway.play = () => error500;
  expect(told(await replica.charge(keyed('a')))).toBe('gateway_failed');
  gateway.play = approve;
  gateway.lookups.length = 0;
  return { ...replica, calls: gateway.calls.length };
}

/** The gateway charged it after all. */
function landsLate(): void {
  const [request] = gateway.calls;
  if (request === undefined) throw new Error('Nothing was called.');
  gateway.ledger.set(request.key, { ...request, id: 'ch_late', status: 'succeeded' });
}

describe('an order that failed because the gateway did not know its charge', () => {
  it('is looked up once more before the next charge is sent', async () => {
    const { charge } = await failedByAbsence();
    expect(told(await charge(keyed('b')))).toBe('completed 201');
    expect(gateway.lookups.map(({ key }) => key)).toEqual([gateway.calls[0]?.key]);
  });

  it('sends no next charge when the first turns out to be live after all', async () => {
    const { charge, logged, calls } = await failedByAbsence();
    landsLate();
    expect(told(await charge(keyed('b')))).toBe('202 REVIEW');
    expect(gateway.calls.length).toBe(calls);
    expect(world.stored('o1').operation).toMatchObject({
      failureCode: 'late_success',
      gatewayRef: 'ch_late',
    });
    expect(logged.some(({ fields }) => fields.alarm === 'needs_review')).toBe(true);
  });

  it('is looked up before every later charge, also when the gateway itself declined the last one', async () => {
    const { charge } = await failedByAbsence();
    gateway.play = decline;
    expect(told(await charge(keyed('b')))).toBe('card_declined');
    gateway.play = approve;
    const calls = gateway.calls.length;
    landsLate();
    expect(told(await charge(keyed('c')))).toBe('202 REVIEW');
    expect(gateway.calls.length).toBe(calls);
  });

  it('waits while the gateway cannot be asked', async () => {
    const { charge, calls } = await failedByAbsence();
    gateway.lookupPlay = () => ({ kind: 'unavailable', reason: 'http_500' });
    expect(told(await charge(keyed('b', 100)))).toBe('202 PROCESSING');
    await world.pass(60_000);
    expect([gateway.lookups.length > 2, gateway.calls.length]).toEqual([true, calls]);
    gateway.lookupPlay = null;
    expect(told(await charge(keyed('b', 600_000)))).toBe('completed 201');
  });

  it('gives its lease back where the database is lost while it asks', async () => {
    const { charge, store } = await failedByAbsence();
    // The first use is before the next charge is opened.
    store.before(
      'chargesToVerify',
      () => {},
      () => store.fail('chargesToVerify', 'unavailable'),
    );
    expect(told(await charge(keyed('b', 60_000)))).toBe('completed 201');
    expect(world.trail('o1')).toContain('verify.unavailable store_unavailable');
    expect(world.trail('o1')).not.toContain('verify.started lease_expired');
  });
});

describe('late evidence of money', () => {
  it('after FAILED sends the payment to a person, and blocks the next charge until it is checked', async () => {
    const { charge, store, calls } = await failedByAbsence();
    landsLate();
    await lateEvidence(world, store);
    expect(told(await charge(keyed('b')))).toBe('202 REVIEW');
    expect([gateway.calls.length, world.stored('o1').operation.failureCode]).toEqual([calls, 'late_success']);
  });

  it('is not argued away by a lookup that finds nothing', async () => {
    const { store } = await failedByAbsence();
    await lateEvidence(world, store);
    await world.pass(600_000);
    expect(world.stored('o1').operation).toMatchObject({ status: 'REVIEW', failureCode: 'late_evidence' });
  });
});
