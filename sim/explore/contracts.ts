/** The worlds to be explored: one per kind of gateway contract, in a scale small enough to see all of it. */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { EndsWorld } from './ends-pair.ts';
import { ALL_GUARDS, REAL_DECISIONS, type World } from './model.ts';
import type { PairWorld } from './pair.ts';
import { ENDLESS } from './time.ts';

/** The terms that the worlds differ from. */
const KEPT: GatewayContract = {
  steps: 'one',
  keys: 'kept',
  keyWindowMs: ENDLESS,
  cachesErrors: false,
  lookup: true,
  lookupLagMs: 0,
  landsWithinMs: 1,
};

/** In ticks. Each wait is the shortest that still differs from none and from its neighbours. */
const SCALE: Omit<Policy, 'contract'> = {
  // One retry: with it every rule about an earlier call has something to speak of.
  maxAttempts: 2,
  // Full jitter then means at once, or a tick later.
  backoffBaseMs: 2,
  backoffCapMs: 2,
  retryAfterCapMs: 2,
  // Longer than one lease, so that a retry may follow an expired one; short enough to be passed.
  callDeadlineMs: 3,
  giveUpAfterS: 0,
  forbiddenPauseMs: 1,
  // A call may be sent a tick after the claim, and be late.
  leaseMs: 2,
  lookupBaseMs: 1,
  lookupCapMs: 2,
  pendingPollMs: 1,
  actionWithinMs: 2,
  resolveForMs: 2,
  reviewLookupMs: 1,
  restoredAtMs: null,
};

/** A world with these terms and everything else as usual. */
export function world(name: string, terms: Partial<GatewayContract>, changes: Partial<World> = {}): World {
  return {
    name,
    kind: 'charge',
    policy: { ...SCALE, contract: { ...KEPT, ...terms } },
    maxFaults: 3,
    workers: 2,
    secondCharge: true,
    keepsDeclines: true,
    breaksContract: false,
    operated: false,
    decisions: REAL_DECISIONS,
    guards: ALL_GUARDS,
    ...changes,
  };
}

export const WORLDS: readonly World[] = [
  world('keys kept, lookup', {}),
  // A clock more for the window: too many states together with a second charge, whose window is one of its own.
  world('keys kept for a short time, lookup', { keyWindowMs: 5 }, { secondCharge: false }),
  world('keys kept, errors too, lookup', { cachesErrors: true }),
  world('keys kept, no lookup', { lookup: false }),
  // A decline is about one call only: another one under the key may still be approved.
  world(
    'keys kept, declines forgotten',
    { declines: 'forgotten' },
    { keepsDeclines: false, secondCharge: false },
  ),
  world('keys kept, errors land late', { errorsLandWithinMs: 1 }, { secondCharge: false }),
  // The same for the lag; a second charge under a lag is explored without keys.
  world('keys kept, lookup lags', { lookupLagMs: 1 }, { secondCharge: false }),
  world('no keys, lookup', { keys: 'none', keyWindowMs: 0 }),
  world('no keys, lookup lags', { keys: 'none', keyWindowMs: 0, lookupLagMs: 1 }),
  world('no keys, no lookup', { keys: 'none', keyWindowMs: 0, lookup: false }),
  // Two faults are enough for money to turn up after all; nothing is promised beyond what is checked here.
  world('a gateway that breaks its contract', {}, { breaksContract: true, maxFaults: 2 }),
];

/**
 * A refund in the same worlds. There is no second one with another key: what follows a failed refund is another refund, which shares only the
 * payment's sums with it (`pair.ts`). Two faults: a refund has as many states after its end as before it.
 */
export const REFUND_WORLDS: readonly World[] = WORLDS.map((one) => ({
  ...one,
  name: `refund: ${one.name}`,
  kind: 'refund',
  maxFaults: 2,
  secondCharge: false,
}));

/** One charge at a gateway of two steps: what it is confirmed on can be paid until it is sealed. */
export const TWO_STEP_WORLDS: readonly World[] = [
  world('two steps', { steps: 'two' }, { secondCharge: false }),
  world(
    'two steps, errors kept',
    { steps: 'two', cachesErrors: true },
    { secondCharge: false, maxFaults: 2 },
  ),
];

/** An operator speaks once, right or wrong, about a charge and about a refund. What follows from a wrong word is not explored. */
const OPERATED = { operated: true, maxFaults: 2, workers: 1 } as const;
const OPERATED_CHARGES: readonly World[] = [
  world('operator: keys kept, lookup', {}, OPERATED),
  world('operator: keys kept, no lookup', { lookup: false }, OPERATED),
  world('operator: keys kept, lookup lags', { lookupLagMs: 1 }, { ...OPERATED, secondCharge: false }),
  world('operator: no keys, lookup', { keys: 'none', keyWindowMs: 0 }, OPERATED),
];

export const OPERATED_WORLDS: readonly World[] = [
  ...OPERATED_CHARGES,
  ...OPERATED_CHARGES.map((one) => ({
    ...{ ...one, name: `refund: ${one.name}`, secondCharge: false },
    kind: 'refund' as const,
  })),
];

/**
 * Two refunds of 70 of a payment of 100, so that the second fits only while the first counts as failed. With one worker for each, because
 * workers that overtake each other are in the worlds of one refund: they share a row, and two refunds do not.
 */
function pairOf(
  name: string,
  terms: Partial<GatewayContract>,
  { maxAttempts = 1, ...changes }: Partial<World> & { readonly maxAttempts?: number } = {},
): PairWorld {
  const one = world(name, terms, {
    ...{ kind: 'refund', workers: 1, maxFaults: 2, secondCharge: false },
    ...changes,
  });
  const policy = { ...one.policy, maxAttempts };
  return { world: { ...one, policy }, capturedMinor: 100, amountsMinor: [70, 70] };
}

export const PAIR_WORLDS: readonly PairWorld[] = [
  pairOf('refund ‖ refund: keys kept, lookup', {}),
  pairOf('refund ‖ refund: keys kept, no lookup', { lookup: false }),
  pairOf('refund ‖ refund: no keys, lookup', { keys: 'none', keyWindowMs: 0 }),
  // The first lands although it was proved absent, while the second may have been sent: that takes three faults, and a second call.
  pairOf(
    'refund ‖ refund: a gateway that breaks its contract',
    {},
    {
      ...{ breaksContract: true, maxAttempts: 2, maxFaults: 3 },
    },
  ),
];

/** A capture and a void, in the same scale. */
function endsOf(name: string, terms: Partial<GatewayContract>): EndsWorld {
  const one = world(`capture ‖ void: ${name}`, terms, { workers: 1, maxFaults: 2, secondCharge: false });
  const policy = { ...one.policy, maxAttempts: 1 };
  return [
    { ...one, kind: 'capture', policy },
    { ...one, kind: 'void', policy },
  ];
}

export const ENDS_WORLDS: readonly EndsWorld[] = [
  endsOf('keys kept, lookup', {}),
  endsOf('keys kept, no lookup', { lookup: false }),
  endsOf('no keys, lookup', { keys: 'none', keyWindowMs: 0 }),
];
