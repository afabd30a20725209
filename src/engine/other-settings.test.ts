/** Processes of one gateway whose settings differ for a while: what one may not decide is left to the others. */
import { beforeEach, describe, expect, it } from 'vitest';
import { chargingReplica, lateEvidence } from '../../test/support/charging.ts';
import { world } from '../../test/support/fresh-world.ts';
import { createScriptedGateway, reset, type ScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { keyed, order, told } from '../../test/support/virtual-world.ts';
import type { CallOutcome } from '../domain/outcomes.ts';

const MINUTE = 60_000;
/** How long a charge may stay unresolved. */
const RESOLVE = 30 * MINUTE;
const SETTINGS = {
  policy: { resolveForMs: RESOLVE, reviewLookupMs: 10 * MINUTE, maxAttempts: 1 },
  limits: { sweepMs: 10_000 },
};

let able: ScriptedGateway;
/** The same gateway, for a process that is configured without lookups. */
let unable: ScriptedGateway;
beforeEach(() => {
  able = createScriptedGateway();
  unable = createScriptedGateway({ lookup: false });
});

/** A pending charge whose process is gone. */
async function pending(): Promise<void> {
  const { charge, engine } = await chargingReplica(world, able, SETTINGS);
  able.play = () => ({ kind: 'pending', ref: 'ch' });
  await charge(keyed('k', 0));
  await world.pass(10);
  await world.ended(engine.stop());
}

describe('a process that cannot look charges up', () => {
  it('leaves one that waits for a lookup to the others, untouched', async () => {
    await pending();
    const { logged } = await chargingReplica(world, unable, SETTINGS);
    const before = world.stored('o1');
    await world.pass(RESOLVE - MINUTE);
    expect(world.stored('o1')).toEqual(before);
    expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
    able.lookupPlay = () => ({ kind: 'succeeded', ref: 'ch' });
    const { charge } = await chargingReplica(world, able, SETTINGS);
    expect(told(await charge(keyed('k')))).toBe('completed 201');
  });

  it('gives it to a person if no other process has taken it for as long as it may be unresolved', async () => {
    await pending();
    const { logged } = await chargingReplica(world, unable, SETTINGS);
    await world.pass(RESOLVE + MINUTE);
    expect(world.stored('o1')).toMatchObject({
      dueAtMs: null,
      operation: { status: 'REVIEW', failureCode: 'outcome_unknown', gatewayRef: 'ch' },
    });
    expect(logged.map(({ fields }) => fields.alarm).filter(Boolean)).toEqual(['needs_review']);
  });

  it('still checks evidence', async () => {
    await pending();
    const { store } = await chargingReplica(world, unable, SETTINGS);
    await lateEvidence(world, store, reset);
    await world.pass(RESOLVE - MINUTE);
    expect(world.stored('o1')).toMatchObject({
      evidence: 0,
      operation: { status: 'PROCESSING', step: 'lookup', doubt: { kind: 'open' } },
    });
  });
});

describe('a payment that a process without lookups has left to a person', () => {
  const unknown = async (): Promise<void> => {
    const { charge } = await chargingReplica(world, unable, SETTINGS);
    unable.play = () => reset;
    expect(told(await charge(keyed('k')))).toBe('202 REVIEW');
    expect(world.stored('o1')).toMatchObject({ dueAtMs: null, operation: { step: 'none' } });
  };

  it('is looked up when a process with lookups starts, even while both run', async () => {
    await unknown();
    const { charge } = await chargingReplica(world, able, SETTINGS);
    await world.pass(5 * MINUTE);
    expect(able.lookups.length).toBeGreaterThan(0);
    expect(told(await charge(keyed('k')))).toBe('gateway_failed');
  });

  it('stays where it is until one starts', async () => {
    await unknown();
    const before = world.stored('o1');
    await chargingReplica(world, unable, SETTINGS);
    await world.pass(10 * RESOLVE);
    expect(world.stored('o1')).toEqual(before);
  });
});

describe('a payment whose calls were never executed, with fewer calls allowed now', () => {
  const limited: CallOutcome = { kind: 'refused', reason: 'rate_limited', retryAfterMs: 20_000 };

  it.each([true, false])('fails without a lookup (lookups: %s)', async (lookup) => {
    const before = createScriptedGateway({ lookup });
    const first = await chargingReplica(world, before);
    before.play = () => limited;
    void first.engine.charge(order('o1'), keyed('k', 0));
    await world.pass(30_000);
    await world.ended(first.engine.stop());
    expect(world.stored('o1').operation).toMatchObject({
      status: 'PROCESSING',
      attempts: 2,
      doubt: { kind: 'none' },
    });
    const after = createScriptedGateway({ lookup });
    const { charge, logged } = await chargingReplica(world, after, { policy: { maxAttempts: 2 } });
    await world.pass(60_000);
    expect(world.stored('o1').operation).toMatchObject({
      status: 'FAILED',
      failureCode: 'gateway_unavailable',
    });
    expect([after.calls.length, after.lookups.length]).toEqual([0, 0]);
    expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
    expect(told(await charge(keyed('k')))).toBe('gateway_failed');
  });
});
