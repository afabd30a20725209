/** Asking after an order's earlier charges. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createScriptedGateway, type ScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { createVirtualWorld, order, type VirtualWorld } from '../../test/support/virtual-world.ts';
import { openCharge } from '../domain/charge.ts';
import { chargeKey, orderReference } from '../domain/ids.ts';
import type { LookupOutcome } from '../domain/outcomes.ts';
import { type FailedCharge, type PaymentRecord, StoreError } from '../ports/store.ts';
import type { Held } from './lease.ts';
import { verifyEarlier } from './verify.ts';

let world: VirtualWorld;
let gateway: ScriptedGateway;
beforeEach(() => {
  world = createVirtualWorld();
  gateway = createScriptedGateway();
});

const absent: LookupOutcome = { kind: 'absent' };
const declined: LookupOutcome = { kind: 'declined', code: 'no', chargeId: 'd' };
const earlier = (n: number): FailedCharge => ({
  n,
  chargeKey: `k${n}`,
  amountMinor: 100 * n,
  currency: 'EUR',
  evidence: n === 1,
});

function verify(
  answers: LookupOutcome[],
  {
    status = 'PROCESSING' as PaymentRecord['charge']['status'],
    evidence = 0,
    failed = async (): Promise<readonly FailedCharge[]> => [earlier(2), earlier(1)],
  } = {},
) {
  const { engine } = world.parts(gateway);
  gateway.lookupPlay = () => answers.shift() ?? absent;
  const charge = openCharge({ n: 3, openedAtMs: 0, calling: false, verifyFirst: true });
  const record = { order: order('o1'), paymentId: 'p', evidence, charge: { ...charge, status } };
  const held = { record, grantedAtMs: 0, claimedAtMs: world.clock.monotonicMs() } as Held;
  const store = { ...engine.store, failedCharges: failed };
  return world.ended(verifyEarlier({ ...engine, store }, held));
}

describe('asking after the earlier charges', () => {
  it('asks for each under its own key and terms, and is clear when none is live', async () => {
    expect(await verify([absent, declined])).toEqual({ kind: 'clear' });
    const reference = orderReference('00000000-0000-4000-8000-000000000001', 'default', 'o1');
    expect(gateway.lookups.map(({ key, amountMinor, currency }) => [key, amountMinor, currency])).toEqual([
      [chargeKey(reference, 2), 200, 'EUR'],
      [chargeKey(reference, 1), 100, 'EUR'],
    ]);
  });

  it('asks the store for a few of the newest only', async () => {
    const limits: number[] = [];
    const { engine } = world.parts(gateway);
    const failedCharges = async (_payment: unknown, limit: number) => {
      limits.push(limit);
      return [];
    };
    const charge = openCharge({ n: 3, openedAtMs: 0, calling: false, verifyFirst: true });
    const held = { record: { order: order('o1'), paymentId: 'p', evidence: 0, charge } } as Held;
    await verifyEarlier({ ...engine, store: { ...engine.store, failedCharges } }, held);
    expect(limits).toEqual([20]);
  });

  it.each<[LookupOutcome, string]>([
    [{ kind: 'succeeded', chargeId: 's' }, 's'],
    [{ kind: 'mismatch', chargeId: 'm', reason: 'amount_mismatch' }, 'm'],
    [{ kind: 'pending', chargeId: 'p' }, 'p'],
    [{ kind: 'duplicated', chargeIds: ['a', 'b'] }, 'a'],
    [{ kind: 'duplicated', chargeIds: [] }, 'several'],
  ])('finds the one that is %j, also behind one that is not', async (live, chargeId) => {
    expect(await verify([declined, live])).toEqual({ kind: 'found', chargeId });
  });

  it.each<LookupOutcome>([
    { kind: 'unavailable', reason: 'http_500' },
    { kind: 'forbidden', reason: 'http_401' },
  ])('knows nothing where the gateway is $kind', async (outcome) => {
    expect(await verify([absent, outcome])).toEqual({
      kind: 'unavailable',
      reason: 'reason' in outcome ? outcome.reason : '',
    });
  });

  it('knows nothing where the database is lost, and asks nobody', async () => {
    const failed = () => Promise.reject(new StoreError('unavailable', 'lost'));
    expect(await verify([], { failed })).toEqual({ kind: 'unavailable', reason: 'store_unavailable' });
    expect(gateway.lookups).toEqual([]);
  });

  it('fails on any other error', async () => {
    await expect(verify([], { failed: () => Promise.reject(new TypeError('a fault')) })).rejects.toThrow(
      TypeError,
    );
  });
});

describe('late evidence', () => {
  it('is not argued away by a lookup that finds nothing, but by one that finds a no', async () => {
    expect(await verify([declined, absent], { evidence: 1 })).toEqual({
      kind: 'found',
      chargeId: 'known by late evidence only',
    });
    expect(await verify([declined, declined], { evidence: 1 })).toEqual({ kind: 'clear' });
  });

  it('about one charge does not contest what another lookup proves of another charge', async () => {
    expect(await verify([absent, declined], { evidence: 1 })).toEqual({ kind: 'clear' });
  });

  it('that was dealt with contests nothing any more', async () => {
    expect(await verify([absent, absent], { evidence: 0 })).toEqual({ kind: 'clear' });
  });

  it('about a completed charge asks for the charge itself first: does it exist twice?', async () => {
    const completed = { status: 'COMPLETED', evidence: 1 } as const;
    expect(await verify([{ kind: 'duplicated', chargeIds: ['a', 'b'] }], completed)).toEqual({
      kind: 'found',
      chargeId: 'a b',
    });
    expect(await verify([{ kind: 'unavailable', reason: 'http_500' }], completed)).toEqual({
      kind: 'unavailable',
      reason: 'http_500',
    });
    expect(await verify([{ kind: 'forbidden', reason: 'http_401' }], completed)).toEqual({
      kind: 'unavailable',
      reason: 'http_401',
    });
    gateway.lookups.length = 0;
    expect(await verify([{ kind: 'succeeded', chargeId: 'a' }, absent, absent], completed)).toEqual({
      kind: 'clear',
    });
    expect(gateway.lookups.map(({ amountMinor }) => amountMinor)).toEqual([1000, 200, 100]);
  });

  it('asks for the charge itself only once it is completed', async () => {
    await verify([declined, declined], { status: 'FAILED', evidence: 1 });
    expect(gateway.lookups.length).toBe(2);
  });
});
