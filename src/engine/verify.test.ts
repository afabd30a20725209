/** Lookups of an order's other charges. */
import { describe, expect, it } from 'vitest';
import { declareContract, gateway, world } from '../../test/support/fresh-world.ts';
import { order, type VirtualParts } from '../../test/support/virtual-world.ts';
import { chargeKey, orderReference } from '../domain/ids.ts';
import { openOperation } from '../domain/operation.ts';
import type { LookupOutcome } from '../domain/outcomes.ts';
import { NO_EVIDENCE } from '../domain/transition/index.ts';
import { type ChargeToVerify, type PaymentRecord, StoreError } from '../ports/store.ts';
import type { Held } from './lease.ts';
import { momentOf } from './moment.ts';
import { verifyOthers } from './verify.ts';
import { createVerifyProgress, type VerifyProgress } from './verify-progress.ts';

/** The beginning of the database's clock. */
const SENT_MS = 1_750_000_000_000;
const absent: LookupOutcome = { kind: 'absent' };
const declined: LookupOutcome = { kind: 'declined', code: 'no', ref: 'd' };
const REFERENCE = orderReference('00000000-0000-4000-8000-000000000001', 'default', 'o1');
/** What the database's clock says at the beginning of every world here. */
const ORIGIN_MS = 1_750_000_000_000;
const CLEAR = { kind: 'clear', own: NO_EVIDENCE };
const QUIET = { moneyAtMs: null, moneyRef: null, sentUntilMs: null };
const MONEY = { moneyAtMs: 0, moneyRef: 'ch_late' };

const earlier = (n: number, changes: Partial<ChargeToVerify> = {}): ChargeToVerify => ({
  n,
  gateway: gateway.name,
  chargeKey: chargeKey(REFERENCE, n),
  amountMinor: 100 * n,
  currency: 'EUR',
  ...QUIET,
  ...changes,
});

/** Charge 1 is known by late evidence. */
const two = (): readonly ChargeToVerify[] => [earlier(1, MONEY), earlier(2)];

interface Settings {
  readonly status?: PaymentRecord['operation']['status'];
  readonly evidence?: number;
  readonly charges?: () => Promise<readonly ChargeToVerify[]>;
  /** A process that has been running. Default: one that starts now. */
  readonly parts?: VirtualParts;
  readonly progress?: VerifyProgress;
  readonly seq?: number;
  readonly gatewayRef?: string;
}

function verify(answers: LookupOutcome[], settings: Settings = {}) {
  const { status = 'PROCESSING', evidence = 0, charges = async () => two() } = settings;
  const { progress = createVerifyProgress(), seq = 5, gatewayRef = null } = settings;
  const { engine } = settings.parts ?? world.parts(gateway);
  gateway.lookupPlay = () => answers.shift() ?? absent;
  const operation = {
    ...openOperation({ kind: 'charge', n: 3, openedAtMs: ORIGIN_MS, calling: false, verifyFirst: true }),
    status,
    gatewayRef,
  };
  const key = chargeKey(REFERENCE, 3);
  const record = { order: order('o1'), paymentId: 'p', seq, evidence, operation, gatewayKey: key };
  const held = { record, grantedAtMs: ORIGIN_MS + world.nowMs, claimedAt: momentOf(world.clock) } as Held;
  const chargesToVerify = async (_payment: unknown, page: { afterN: number; limit: number }) =>
    (await charges()).filter(({ n }) => n > page.afterN).slice(0, page.limit);
  const store = { ...engine.store, chargesToVerify };
  return world.ended(verifyOthers({ ...engine, store }, held, progress));
}

function unavailable(reason: string, contested = false) {
  return { kind: 'unavailable', reason, waitMs: null, contested, evidenceAtMs: null, forbidden: false };
}

describe('looking up the other charges', () => {
  it('looks each up under its own key and terms, and is clear if none is live', async () => {
    expect(await verify([absent, declined])).toEqual(CLEAR);
    expect(gateway.lookups.map(({ key, amountMinor, currency }) => [key, amountMinor, currency])).toEqual([
      [chargeKey(REFERENCE, 1), 100, 'EUR'],
      [chargeKey(REFERENCE, 2), 200, 'EUR'],
    ]);
  });

  it('looks all of them up, however many: the oldest of two hundred is the live one', async () => {
    const charges = async () => Array.from({ length: 200 }, (_one, index) => earlier(index + 4));
    expect(await verify([], { charges })).toEqual(CLEAR);
    expect(gateway.lookups.length).toBe(200);
    const live: LookupOutcome = { kind: 'succeeded', ref: 's' };
    expect(await verify([live], { charges })).toMatchObject({ kind: 'found', ref: 's' });
    const last = [...Array.from({ length: 199 }, () => absent), live];
    expect(await verify(last, { charges })).toMatchObject({ kind: 'found', ref: 's' });
  });

  it('does not look up a charge that was made at another gateway', async () => {
    const charges = async () => [earlier(1, { gateway: 'another' })];
    expect(await verify([], { charges })).toEqual(unavailable('other_gateway'));
    expect(gateway.lookups).toEqual([]);
  });

  it('leaves evidence about a charge at another gateway to a person, after all lookups that are possible here', async () => {
    const charges = async () => [earlier(1, { gateway: 'another', ...MONEY }), earlier(2)];
    const elsewhere = { kind: 'found', ref: 'ch_late', reason: 'other_gateway', own: NO_EVIDENCE };
    expect(await verify([absent], { charges, evidence: 1 })).toEqual(elsewhere);
    const live: LookupOutcome = { kind: 'succeeded', ref: 's' };
    expect(await verify([live], { charges, evidence: 1 })).toMatchObject({ reason: 'late_success' });
  });

  it('uses the derived key for a charge that the database has forgotten', async () => {
    const charges = async () => [earlier(4, { chargeKey: null, ...MONEY })];
    const live: LookupOutcome = { kind: 'succeeded', ref: 's' };
    const failed = { charges, evidence: 1, status: 'FAILED' } as const;
    expect(await verify([live], failed)).toMatchObject({ kind: 'found', ref: 's' });
    expect(gateway.lookups.map(({ key }) => key)).toEqual([chargeKey(REFERENCE, 4)]);
    expect(await verify([absent], failed)).toMatchObject({ reason: 'late_evidence' });
  });

  it('takes a decline on any terms for that of a charge that the database has forgotten, and of no other', async () => {
    const other: LookupOutcome = { kind: 'unavailable', reason: 'amount_mismatch', declinedRef: 'd' };
    const sent = { sentUntilMs: 0 };
    const failed = { evidence: 1, status: 'FAILED' } as const;
    const forgotten = async () => [earlier(4, { chargeKey: null, ...sent })];
    expect(await verify([other], { ...failed, charges: forgotten })).toEqual(CLEAR);
    const known = async () => [earlier(4, sent)];
    expect(await verify([other], { ...failed, charges: known })).toMatchObject({ kind: 'unavailable' });
  });

  it('continues where the last lease ended, and starts again if anybody has written since', async () => {
    const progress = createVerifyProgress();
    const charges = async () => Array.from({ length: 40 }, (_one, index) => earlier(index + 4));
    const down: LookupOutcome = { kind: 'unavailable', reason: 'lease_too_short' };
    const until = (count: number) => [...Array.from({ length: count }, () => absent), down];
    const first = await verify(until(20), { charges, progress, seq: 7 });
    expect(first).toMatchObject({ kind: 'unavailable', waitMs: 1 });
    gateway.lookups.length = 0;
    expect(await verify([], { charges, progress, seq: 9 })).toEqual(CLEAR);
    expect(gateway.lookups[0]?.key).toBe(chargeKey(REFERENCE, 24));
    expect(gateway.lookups.length).toBe(20);
    // None of them counts as clear without a lookup.
    for (const next of [{ seq: 10 }, { seq: 9, evidence: 1 }]) {
      await verify(until(20), { charges, progress, seq: 7 });
      gateway.lookups.length = 0;
      expect(await verify([], { charges, progress, ...next })).toMatchObject({ kind: 'clear' });
      expect(gateway.lookups.length).toBe(40);
    }
  });

  it('that made no progress in a lease waits as the schedule says', async () => {
    const down: LookupOutcome = { kind: 'unavailable', reason: 'http_500' };
    expect(await verify([down, down])).toEqual(unavailable('http_500'));
  });

  it('stops if a stored key is not the derived one', async () => {
    const charges = async () => [earlier(1, { chargeKey: chargeKey(REFERENCE, 9) })];
    expect(await verify([], { charges })).toEqual(unavailable('installation_changed'));
    expect(gateway.lookups).toEqual([]);
  });

  it.each<[LookupOutcome, string | null]>([
    [{ kind: 'succeeded', ref: 's' }, 's'],
    [{ kind: 'mismatch', ref: 'm', reason: 'amount_mismatch' }, 'm'],
    [{ kind: 'pending', ref: 'p' }, 'p'],
    [{ kind: 'duplicated', refs: ['a', 'b'] }, 'a'],
    [{ kind: 'duplicated', refs: [] }, null],
  ])('finds the one that is %j, even after one that is not', async (live, ref) => {
    expect(await verify([declined, live])).toEqual({
      kind: 'found',
      ref,
      reason: 'late_success',
      own: NO_EVIDENCE,
    });
  });

  it.each<LookupOutcome>([
    { kind: 'unavailable', reason: 'http_500' },
    { kind: 'forbidden', reason: 'http_401' },
  ])('knows nothing if the gateway is $kind', async (outcome) => {
    expect(await verify([absent, outcome])).toEqual({
      ...unavailable('reason' in outcome ? outcome.reason : ''),
      forbidden: outcome.kind === 'forbidden',
      waitMs: 1,
    });
  });

  it('reports refused credentials, even after a charge that cannot be looked up here', async () => {
    const refused: LookupOutcome = { kind: 'forbidden', reason: 'http_401' };
    expect(await verify([absent, refused])).toMatchObject({ reason: 'http_401', forbidden: true });
    const charges = async () => [earlier(1, { gateway: 'another' }), earlier(2)];
    expect(await verify([refused], { charges })).toMatchObject({ reason: 'other_gateway', forbidden: true });
    expect(await verify([absent], { charges })).toMatchObject({ reason: 'other_gateway', forbidden: false });
    const completed = { status: 'COMPLETED', evidence: 1 } as const;
    expect(await verify([refused], completed)).toMatchObject({ reason: 'http_401', forbidden: true });
  });

  it('knows nothing if the database is lost, and looks nothing up', async () => {
    const charges = () => Promise.reject(new StoreError('unavailable', 'lost'));
    expect(await verify([], { charges })).toEqual(unavailable('store_unavailable'));
    expect(gateway.lookups).toEqual([]);
  });

  it('fails on any other error', async () => {
    await expect(verify([], { charges: () => Promise.reject(new TypeError('a fault')) })).rejects.toThrow(
      TypeError,
    );
  });
});

describe('late evidence of money', () => {
  it('is not disproved by a lookup that finds nothing, but by one that finds a decline', async () => {
    expect(await verify([absent, declined], { evidence: 1 })).toEqual({
      kind: 'found',
      ref: 'ch_late',
      reason: 'late_evidence',
      own: NO_EVIDENCE,
    });
    expect(await verify([declined, declined], { evidence: 1 })).toEqual(CLEAR);
  });

  it('about one charge does not contest what another lookup proves of another charge', async () => {
    expect(await verify([declined, absent], { evidence: 1 })).toEqual(CLEAR);
  });

  it('that was checked contests nothing any more', async () => {
    expect(await verify([absent, absent], { evidence: 0 })).toEqual(CLEAR);
  });

  it('about the unsettled charge itself is reported without a lookup', async () => {
    const charges = async () => [earlier(3, { ...MONEY, sentUntilMs: 77 })];
    expect(await verify([], { charges, evidence: 2 })).toEqual({
      kind: 'clear',
      own: { sentUntilMs: 77, gatewayRef: 'ch_late' },
    });
    expect(gateway.lookups).toEqual([]);
  });

  it('about the unsettled charge itself is reported besides money of another one, wherever that is listed', async () => {
    const many = Array.from({ length: 20 }, (_one, index) => earlier(index + 4));
    const charges = async () => [earlier(1), earlier(3, { ...MONEY, sentUntilMs: 77 }), ...many];
    const live: LookupOutcome = { kind: 'succeeded', ref: 's' };
    const found = { kind: 'found', ref: 's', own: { sentUntilMs: 77, gatewayRef: 'ch_late' } };
    expect(await verify([live], { charges, evidence: 2 })).toMatchObject(found);
    const last = [...Array.from({ length: 20 }, () => absent), live];
    expect(await verify(last, { charges, evidence: 2 })).toMatchObject(found);
  });

  it('about another charge that the database has forgotten does not count as the current one’s', async () => {
    const charges = async () => [earlier(4, { ...MONEY, sentUntilMs: 77 })];
    expect(await verify([declined], { charges, evidence: 1 })).toEqual(CLEAR);
  });

  it('about a completed charge looks up the charge itself first: does it exist twice?', async () => {
    const completed = { status: 'COMPLETED', evidence: 1 } as const;
    expect(await verify([{ kind: 'duplicated', refs: ['a', 'b'] }], completed)).toEqual({
      kind: 'found',
      ref: 'a b',
      reason: 'late_success',
      own: NO_EVIDENCE,
    });
    expect(await verify([{ kind: 'unavailable', reason: 'http_500' }], completed)).toEqual({
      ...unavailable('http_500', true),
      evidenceAtMs: 0,
    });
    expect(await verify([{ kind: 'forbidden', reason: 'http_401' }], completed)).toEqual({
      ...unavailable('http_401', true),
      evidenceAtMs: 0,
      forbidden: true,
    });
    gateway.lookups.length = 0;
    expect(await verify([{ kind: 'succeeded', ref: 'a' }, declined, absent], completed)).toEqual(CLEAR);
    expect(gateway.lookups.map(({ amountMinor }) => amountMinor)).toEqual([1000, 100, 200]);
  });

  it('besides a completed charge waits until lookups must show it, and is an alarm even then', async () => {
    declareContract({ lookupLagMs: 60_000 });
    const own: LookupOutcome = { kind: 'succeeded', ref: 'a' };
    const charges = async () => [earlier(1, { ...MONEY, moneyAtMs: SENT_MS })];
    const parts = world.parts(gateway);
    const completed = { charges, parts, status: 'COMPLETED', evidence: 1 } as const;
    await world.pass(60_000);
    expect(await verify([own, absent], completed)).toMatchObject({ reason: 'may_still_land' });
    await world.pass(180_000);
    expect(await verify([own, absent], completed)).toEqual({
      kind: 'found',
      ref: 'ch_late',
      reason: 'late_evidence',
      own: NO_EVIDENCE,
    });
  });

  it('that names another charge than the completed one is an alarm, even if no lookup shows it', async () => {
    const own: LookupOutcome = { kind: 'succeeded', ref: 'a' };
    const charges = async () => [earlier(3, { ...MONEY, moneyAtMs: SENT_MS })];
    const parts = world.parts(gateway);
    const completed = { charges, parts, status: 'COMPLETED', evidence: 1 } as const;
    await world.pass(180_000);
    const named = { ...completed, gatewayRef: 'ch_late' };
    expect(await verify([own], named)).toEqual(CLEAR);
    expect(await verify([own], { ...named, gatewayRef: 'a' })).toMatchObject({ reason: 'late_evidence' });
  });

  it('is not disproved by a decline of another call of the same charge, if keys are not kept', async () => {
    declareContract({ keys: 'none' });
    expect(await verify([declined, declined], { evidence: 1 })).toMatchObject({ reason: 'late_evidence' });
  });

  it('about a settled charge is as old as its last piece, and waits that long without an answer', async () => {
    const down = (): LookupOutcome[] => [{ kind: 'unavailable', reason: 'http_500' }];
    const many = Array.from({ length: 20 }, (_one, index) => earlier(index + 4));
    const last = earlier(30, { moneyAtMs: 5, sentUntilMs: 70 });
    const charges = async () => [earlier(1, { ...MONEY, moneyAtMs: 60 }), ...many, last, earlier(31)];
    const settled = { charges, status: 'FAILED', evidence: 1 } as const;
    expect(await verify(down(), settled)).toMatchObject({ reason: 'http_500', evidenceAtMs: 70 });
    const ofNothing = { ...settled, charges: async () => many };
    expect(await verify(down(), ofNothing)).toMatchObject({ reason: 'http_500', evidenceAtMs: null });
    for (const other of [{ evidence: 0 }, { status: 'PROCESSING' }] as const)
      expect(await verify(down(), { ...settled, ...other })).toMatchObject({ evidenceAtMs: null });
  });

  it('looks up the charge itself only once it is completed', async () => {
    await verify([declined, declined], { status: 'FAILED', evidence: 1 });
    expect(gateway.lookups.length).toBe(2);
  });

  it('goes to a person if the gateway has no lookups', async () => {
    declareContract({ lookup: false });
    const found = { kind: 'found', ref: 'ch_late', reason: 'late_evidence', own: NO_EVIDENCE };
    expect(await verify([], { evidence: 1 })).toEqual(found);
    expect(await verify([], { evidence: 1, status: 'COMPLETED' })).toEqual(found);
    expect(await verify([], { charges: async () => [earlier(1), earlier(2)] })).toEqual(CLEAR);
  });
});

describe('a call that may have been sent after its lease', () => {
  const maybeSent = {
    // Later than the leases that a step before the start of this process may have shortened.
    charges: async () => [earlier(1, { sentUntilMs: ORIGIN_MS + 20_000 })],
    evidence: 1,
  };

  it('counts as absent only when it can no longer land', async () => {
    const { landsWithinMs } = gateway.contract;
    const parts = world.parts(gateway);
    await world.pass(landsWithinMs + 19_000);
    expect(await verify([absent], { ...maybeSent, parts })).toMatchObject({
      kind: 'unavailable',
      reason: 'may_still_land',
      contested: true,
    });
    await world.pass(10_000);
    expect(await verify([absent], { ...maybeSent, parts })).toEqual(CLEAR);
    // A process that starts now knows only the time that it has seen.
    expect(await verify([absent], maybeSent)).toMatchObject({ reason: 'may_still_land' });
  });

  it.each([
    ['of a completed charge', { status: 'COMPLETED' }, 3, [{ kind: 'succeeded', ref: 'own' }]],
    ['of one that was declined', {}, 1, [declined]],
  ] as const)('%s can still land in addition if no keys are kept', async (_what, state, n, answers) => {
    const sentUntilMs = ORIGIN_MS + 20_000;
    const settings = { ...state, charges: async () => [earlier(n, { sentUntilMs })], evidence: 1 };
    expect(await verify([...answers], settings)).toEqual(CLEAR);
    declareContract({ keys: 'none' });
    const parts = world.parts(gateway);
    await world.pass(21_000);
    expect(await verify([...answers], { ...settings, parts })).toMatchObject({
      kind: 'unavailable',
      reason: 'may_still_land',
      contested: true,
    });
    await world.pass(gateway.contract.landsWithinMs + 5000);
    expect(await verify([...answers], { ...settings, parts })).toEqual(CLEAR);
  });

  it('of a completed charge may have come after its key expired: it is waited for, or shown to a person', async () => {
    const { keyWindowMs, landsWithinMs } = gateway.contract;
    const lastMs = ORIGIN_MS + keyWindowMs - landsWithinMs - 1;
    const own = (sentUntilMs: number) => ({
      status: 'COMPLETED' as const,
      evidence: 1,
      charges: async () => [earlier(3, { sentUntilMs })],
    });
    const there: LookupOutcome = { kind: 'succeeded', ref: 'own' };
    expect(await verify([there], own(lastMs))).toEqual(CLEAR);
    expect(await verify([there], own(lastMs + 1))).toMatchObject({ reason: 'may_still_land' });
    declareContract({ lookup: false });
    expect(await verify([], own(lastMs))).toEqual(CLEAR);
    expect(await verify([], own(lastMs + 1))).toMatchObject({ kind: 'found', reason: 'late_evidence' });
  });

  it('is found if it has landed', async () => {
    expect(await verify([{ kind: 'succeeded', ref: 's' }], maybeSent)).toEqual({
      kind: 'found',
      ref: 's',
      reason: 'late_success',
      own: NO_EVIDENCE,
    });
  });
});
