import { describe, expect, it } from 'vitest';
import { CONTRACT, POLICY } from '../../test/support/contract.ts';
import { contractFor, type GatewayContract, isDeclineFinal } from './contract.ts';
import { contractProblems, type Declared, policyProblems } from './contract-check.ts';
import { EFFECTS, type EffectKind } from './effects.ts';
import { chargeKey, followUpKey, prepareKey, sealKey } from './ids.ts';

const ALL = Object.keys(EFFECTS) as EffectKind[];
const TWO: Partial<GatewayContract> = { steps: 'two' };

function declared(changes: Partial<GatewayContract> = {}, rest: Partial<Declared> = {}): Declared {
  return { contract: { ...CONTRACT, ...changes }, twoSteps: false, offered: ALL, ...rest };
}

/** The fields that are wrong. Each says what to do, as the rest of a sentence. */
function wrong(...given: Parameters<typeof declared>): string[] {
  return contractProblems(declared(...given)).map(({ field, detail }) => `${field}: ${detail}`);
}

describe('what an adapter declares starts if it', () => {
  it.each<[string, Partial<GatewayContract>, Partial<Declared>?]>([
    ['says nothing of single effects', {}],
    ['says what is different for each', { effects: Object.fromEntries(ALL.map((kind) => [kind, {}])) }],
    ['charges in two steps', TWO, { twoSteps: true }],
    // Each doubt then waits for a person. The explorer shows that nothing is sent twice or fails without proof.
    ['has neither keys nor lookups', { keys: 'none', lookup: false }, { offered: ['charge', 'refund'] }],
    ['cannot look up refunds', { effects: { refund: { lookup: false } } }],
    ['does not say how long keys are kept', { keyWindowMs: 0 }],
    ['has errors that land as late as silence', { errorsLandWithinMs: CONTRACT.landsWithinMs }],
    ['takes our keys just so', { maxKeyChars: 36 }],
  ])('%s', (_what, changes, rest) => {
    expect(wrong(changes, rest)).toEqual([]);
  });
});

describe('what an adapter declares is refused if', () => {
  it.each<[string, Partial<GatewayContract>, Partial<Declared>, RegExp]>([
    ['two steps have no seal', TWO, {}, /^twoSteps: must have prepare and seal/],
    ['one step has a seal', {}, { twoSteps: true }, /^twoSteps: must be left out/],
    [
      'two steps keep no keys',
      { ...TWO, keys: 'none' },
      { twoSteps: true },
      /^contract\.steps: must be 'one'/,
    ],
    [
      'two steps do not say how long',
      { ...TWO, keyWindowMs: 0 },
      { twoSteps: true },
      /^contract\.steps: .*keyWindowMs is above 0/,
    ],
    [
      'two steps cannot look up charges',
      { ...TWO, effects: { charge: { lookup: false } } },
      { twoSteps: true, offered: ['charge'] },
      /^contract\.steps: .*lookup is true/,
    ],
    ['keys are too short', { maxKeyChars: 35 }, {}, /^contract\.maxKeyChars: must be at least 36/],
    [
      'errors land later than silence',
      { errorsLandWithinMs: CONTRACT.landsWithinMs + 1 },
      {},
      /^contract\.errorsLandWithinMs: must be at most landsWithinMs.*GATEWAY_ERRORS_LAND_WITHIN_MS/,
    ],
    [
      'errors of refunds land later than silence',
      { effects: { refund: { errorsLandWithinMs: CONTRACT.landsWithinMs + 1 } } },
      {},
      /^contract\.effects\.refund\.errorsLandWithinMs: must be at most landsWithinMs/,
    ],
    [
      'refunds are declared and not offered',
      { effects: { refund: {} } },
      { offered: ['charge'] },
      /^contract\.effects\.refund: must be left out unless the adapter has refunds/,
    ],
    [
      'voids are declared and not offered',
      { effects: { void: {} } },
      { offered: ['charge', 'refund'] },
      /^contract\.effects\.void: must be left out unless the adapter has captures/,
    ],
    [
      'money is held and cannot be looked up',
      { lookup: false },
      {},
      /^contract\.lookup: must be true if the adapter has captures/,
    ],
    [
      'captures cannot be looked up',
      { effects: { capture: { lookup: false } } },
      {},
      /^contract\.effects\.capture\.lookup: must be true if the adapter has captures/,
    ],
  ])('%s', (_what, changes, rest, complaint) => {
    expect(wrong(changes, rest)).toEqual([expect.stringMatching(complaint)]);
  });

  it('two words are wrong: both are named', () => {
    const effects = { refund: { errorsLandWithinMs: 1, landsWithinMs: 0 } };
    expect(wrong({ maxKeyChars: 20, effects })).toHaveLength(2);
  });
});

describe('with the policy of a start', () => {
  const LEASE = POLICY.leaseMs;
  const RESTORED = { ...POLICY, restoredAtMs: 1 };
  const guarded = CONTRACT.landsWithinMs + LEASE;

  it.each<[string, Partial<GatewayContract>, Partial<Declared>, typeof POLICY, RegExp[]]>([
    ['lookups lag behind less than a person waits', { lookupLagMs: POLICY.resolveForMs - 1 }, {}, POLICY, []],
    [
      'lookups lag behind as long as a person waits',
      { lookupLagMs: POLICY.resolveForMs },
      {},
      POLICY,
      [/^contract\.lookupLagMs must be shorter than policy\.resolveForMs/],
    ],
    [
      'lookups that do not exist lag behind',
      { lookup: false, lookupLagMs: POLICY.resolveForMs },
      { offered: ['charge'] },
      POLICY,
      [],
    ],
    ['the database was restored', {}, {}, RESTORED, []],
    [
      'the database was restored, and charges cannot be looked up',
      { lookup: false },
      { offered: ['charge'] },
      RESTORED,
      [/^policy\.restoredAtMs needs a gateway with lookups \(contract\.lookup\)/],
    ],
    [
      'the database was restored, and refunds cannot be looked up',
      { effects: { refund: { lookup: false } } },
      {},
      RESTORED,
      [/^policy\.restoredAtMs needs a gateway with lookups \(contract\.effects\.refund\.lookup\)/],
    ],
    ['keys outlive what lands', { keyWindowMs: guarded + 1 }, {}, RESTORED, []],
    [
      'the database was restored, and keys do not outlive what lands',
      { effects: { charge: { keyWindowMs: guarded } } },
      {},
      RESTORED,
      [/^contract\.effects\.charge\.keyWindowMs must be longer than landsWithinMs and leaseMs/],
    ],
    ['keys do not outlive what lands, and nothing was forgotten', { keyWindowMs: guarded }, {}, POLICY, []],
    ['keys that are not kept outlive nothing', { keys: 'none', keyWindowMs: 1 }, {}, RESTORED, []],
  ])('%s', (_what, changes, rest, policy, complaints) => {
    const problems = policyProblems(declared(changes, rest), policy);
    expect(problems.map(({ field, detail }) => `${field} ${detail}`)).toEqual(
      complaints.map((complaint) => expect.stringMatching(complaint)),
    );
  });
});

describe('the contract for one effect', () => {
  const effects = { refund: { keys: 'none', lookupLagMs: 7 }, void: { keyWindowMs: 0 } } as const;
  const contract = { ...CONTRACT, effects };

  it('has what is different for it, and nothing of the others', () => {
    expect(contractFor(contract, 'charge')).toEqual(CONTRACT);
    expect(contractFor(contract, 'refund')).toEqual({ ...CONTRACT, keys: 'none', lookupLagMs: 7 });
  });

  it('relies on no key that is kept for an unknown time', () => {
    expect(contractFor(contract, 'void').keys).toBe('none');
  });

  it('takes a decline for the last word only if its key keeps it', () => {
    expect(isDeclineFinal(CONTRACT)).toBe(true);
    expect(isDeclineFinal({ ...CONTRACT, declines: 'forgotten' })).toBe(false);
    expect(isDeclineFinal({ ...CONTRACT, keys: 'none', declines: 'final' })).toBe(false);
  });
});

it('every key of ours has 36 characters', () => {
  const reference = '0195d2a0-0000-5000-8000-000000000000';
  const charge = chargeKey(reference, 1);
  const keys = [
    charge,
    prepareKey(charge, 0),
    sealKey(charge, 3),
    followUpKey(reference, 'refund', { name: 'r'.repeat(200) }),
  ];
  expect(keys.map(({ length }) => length)).toEqual([36, 36, 36, 36]);
});
