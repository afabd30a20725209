import { describe, expect, it } from 'vitest';
import type { GatewayContract } from '../../src/domain/contract.ts';
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import type { Context } from '../../src/domain/transition/index.ts';
import { check } from './check.ts';
import { TWO_STEP_WORLDS, WORLDS, world } from './contracts.ts';
import { EXPECTED, missing } from './marks.ts';
import { ALL_GUARDS, type Decisions, REAL_DECISIONS, type World } from './model.ts';
import { BoundExceeded } from './search.ts';
import { single } from './single.ts';
import { ENDLESS } from './time.ts';

const BOUNDS = { maxStates: 300_000 };
const NO_KEYS = { keys: 'none', keyWindowMs: 0 } as const;

/** What does not hold in this world, and the story as one text. */
function broken(world: World): { broken: string; story: string } | null {
  const { counterexample } = check(single(world), BOUNDS);
  if (counterexample === null) return null;
  return { broken: counterexample.broken, story: counterexample.story.join('\n') };
}

function withDecisions(changes: Partial<Decisions>): Partial<World> {
  return { decisions: { ...REAL_DECISIONS, ...changes }, maxFaults: 2 };
}

/** The context of an engine that believes other terms than the gateway's. */
function believing(context: Context, terms: Partial<Context['policy']['contract']>): Context {
  return { ...context, policy: { ...context.policy, contract: { ...context.policy.contract, ...terms } } };
}

describe('a small exploration', () => {
  it.each([...WORLDS, ...TWO_STEP_WORLDS].map((one) => [one.name, one] as const))(
    'finds nothing wrong: %s',
    (_name, one) => {
      const { exploration, counterexample } = check(
        single({ ...one, maxFaults: 1, secondCharge: false }),
        BOUNDS,
      );
      expect(counterexample).toBeNull();
      expect(exploration.states).toBeGreaterThan(100);
    },
  );

  it('gives the same numbers twice', () => {
    const small = world('', { lookup: false }, { maxFaults: 1 });
    const numbers = (): number[] => {
      const { states, transitions, depth } = check(single(small), BOUNDS).exploration;
      return [states, transitions, depth];
    };
    expect(numbers()).toEqual(numbers());
  });

  it('fails loudly rather than stop before it has seen everything', () => {
    expect(() => check(single(world('', {})), { maxStates: 1000 })).toThrow(BoundExceeded);
  });

  it('names what was never seen', () => {
    const seen = new Set(EXPECTED.filter((mark) => mark !== 'payment.review'));
    expect(missing(seen)).toEqual(['payment.review']);
  });
});

describe('a broken decision is caught', () => {
  const { onCallEnded, onClaim, onLookupEnded, onVerified } = REAL_DECISIONS;

  it('a timeout taken as failed', () => {
    const refused: CallOutcome = { kind: 'refused', reason: 'timeout' };
    const found = broken(
      world(
        '',
        {},
        withDecisions({
          onCallEnded: (operation, outcome, context) =>
            onCallEnded(operation, outcome.kind === 'unknown' ? refused : outcome, {
              ...context,
              policy: { ...context.policy, maxAttempts: 1 },
            }),
        }),
      ),
    );
    expect(found?.broken).toBe('every event has its cause');
    expect(found?.story).toMatch(/1\. t=0 it is accepted[\s\S]*answer is lost[\s\S]*FAILED/);
  });

  it('"not found" taken as proof at once', () => {
    const found = broken(
      world(
        '',
        {},
        withDecisions({
          onLookupEnded: (operation, outcome, _askedAt, context) =>
            onLookupEnded(operation, outcome, 1000, context),
        }),
      ),
    );
    expect(found?.broken).toMatch(/^FAILED/);
    expect(found?.story).toContain('looks charge 1 up: absent');
  });

  it('a lookup lag forgotten', () => {
    const found = broken(
      world(
        '',
        { lookupLagMs: 1 },
        withDecisions({
          onLookupEnded: (operation, outcome, askedAt, context) =>
            onLookupEnded(operation, outcome, askedAt, believing(context, { lookupLagMs: 0 })),
        }),
      ),
    );
    expect(found?.broken).toMatch(/^FAILED/);
  });

  it.each<[string, Partial<GatewayContract>, Partial<World>, Partial<GatewayContract>]>([
    ['forgotten declines', { declines: 'forgotten' }, { keepsDeclines: false }, { declines: 'final' }],
    ['errors that land late', { errorsLandWithinMs: 1 }, {}, { errorsLandWithinMs: 0 }],
  ])('%s passed over', (_what, terms, changes, believed) => {
    const small = { maxFaults: 2, secondCharge: false, ...changes };
    expect(broken(world('', terms, small))).toBeNull();
    const careless = withDecisions({
      onLookupEnded: (operation, outcome, askedAt, context) =>
        onLookupEnded(operation, outcome, askedAt, believing(context, believed)),
    });
    expect(broken(world('', terms, { ...small, ...careless }))?.broken).toMatch(/^FAILED/);
  });

  it('a decline after an unknown call taken as failed', () => {
    // Where the key keeps the decline it is the last word. Only a gateway that does not keep it shows the difference.
    const changes = { maxFaults: 1, keepsDeclines: false };
    const careful = {
      ...REAL_DECISIONS,
      onLookupEnded: ((operation, outcome, askedAt, context) =>
        onLookupEnded(
          operation,
          outcome,
          askedAt,
          believing(context, { keys: 'none' }),
        )) satisfies Decisions['onLookupEnded'],
    };
    expect(broken(world('', {}, { ...changes, decisions: careful }))).toBeNull();
    const onDeclined: Decisions['onCallEnded'] = (operation, outcome, context) =>
      onCallEnded(
        outcome.kind === 'declined' ? { ...operation, doubt: { kind: 'none' } } : operation,
        outcome,
        context,
      );
    const found = broken(world('', {}, { ...changes, decisions: { ...careful, onCallEnded: onDeclined } }));
    expect(found?.broken).toMatch(/^FAILED/);
  });

  it.each([
    ['a resend after the key window', { keyWindowMs: ENDLESS }],
    ['a resend that lands after the key window', { landsWithinMs: 0 }],
  ])('%s', (_name, terms) => {
    const found = broken(
      world(
        '',
        { keyWindowMs: 5 },
        {
          ...withDecisions({
            onCallEnded: (operation, outcome, context) =>
              onCallEnded(operation, outcome, believing(context, terms)),
            onClaim: (operation, event, context) => onClaim(operation, event, believing(context, terms)),
          }),
          secondCharge: false,
        },
      ),
    );
    expect(found?.broken).toMatch(/^(at most one|FAILED)/);
  });

  it('an expired lease forgotten', () => {
    const found = broken(
      world(
        '',
        NO_KEYS,
        withDecisions({
          onClaim: (operation, event, context) =>
            onClaim(operation, { ...event, expiredAtMs: null }, context),
        }),
      ),
    );
    expect(found?.broken).toBe('doubt ends with an answer of the gateway, and not before');
    expect(found?.story).toContain('after an expired lease: ');
  });

  it('a call counted only when it ended', () => {
    const found = broken(
      world(
        '',
        {},
        withDecisions({
          onClaim: (operation, event, context) => {
            const decision = onClaim(operation, event, context);
            if (decision.action !== 'call') return decision;
            return { ...decision, next: { ...decision.next, attempts: operation.attempts } };
          },
        }),
      ),
    );
    expect(found?.broken).toBe('every call that may have left is counted, and nothing else');
  });

  it('a completed payment taken back', () => {
    const found = broken(
      world(
        '',
        {},
        {
          ...withDecisions({
            onVerified: (operation, outcome, context) =>
              onVerified({ ...operation, status: 'FAILED' }, outcome, context),
          }),
          breaksContract: true,
        },
      ),
    );
    expect(found?.broken).toMatch(/^(only listed moves|an event with every write)/);
  });

  it('an unresolved charge that is never looked up again', () => {
    const found = broken(
      world(
        '',
        {},
        withDecisions({
          onLookupEnded: (operation, outcome, askedAt, context) => {
            const decision = onLookupEnded(operation, outcome, askedAt, context);
            return outcome.kind === 'unavailable' ? { ...decision, waitMs: null } : decision;
          },
        }),
      ),
    );
    expect(found?.broken).toBe('settled, due again, or with a person');
  });

  it('a charge that is looked up for ever, while no answer changes anything', () => {
    const found = broken(
      world(
        '',
        {},
        {
          ...withDecisions({
            onLookupEnded: (operation, outcome, _askedAt, context) =>
              onLookupEnded(
                { ...operation, unresolvedSinceMs: null },
                outcome,
                Number.NEGATIVE_INFINITY,
                context,
              ),
          }),
          maxFaults: 1,
          secondCharge: false,
        },
      ),
    );
    expect(found?.broken).toBe('an end can be reached once faults stop');
  });
});

describe('a broken decision about two steps is caught', () => {
  const TWO_STEPS = { steps: 'two' } as const;
  const { onCallEnded, onLookupEnded, mustSeal } = REAL_DECISIONS;
  /** The context of an engine that takes the gateway for one of one step. */
  const inOneStep = (context: Context): Context => believing(context, { steps: 'one' });

  it('a decline taken as final', () => {
    const found = broken(
      world('', TWO_STEPS, {
        ...withDecisions({
          onCallEnded: (operation, outcome, context) =>
            onCallEnded(operation, outcome, outcome.kind === 'declined' ? inOneStep(context) : context),
        }),
        secondCharge: false,
      }),
    );
    expect(found?.broken).toMatch(/^FAILED/);
  });

  it('a seal while the same call may be made again, and what is read before it counts', () => {
    const found = broken(
      world('', TWO_STEPS, {
        ...withDecisions({
          onLookupEnded: (operation, outcome, askedAt, context) =>
            onLookupEnded(
              operation,
              outcome.kind === 'open' && operation.attempts > 1
                ? { kind: 'sealed', ref: outcome.ref }
                : outcome,
              askedAt,
              context,
            ),
          mustSeal: () => false,
        }),
        secondCharge: false,
      }),
    );
    expect(found?.broken).toMatch(/^(FAILED|every event)/);
  });

  it('a charge that is never sealed goes to a person, and never ends by itself', () => {
    const { exploration } = check(
      single(
        world('', TWO_STEPS, {
          ...withDecisions({ mustSeal: (...given) => mustSeal(...given) && false }),
          maxFaults: 1,
          secondCharge: false,
        }),
      ),
      BOUNDS,
    );
    expect(exploration.marks).not.toContain('lookup sealed');
    expect(exploration.marks).toContain('UNRESOLVED -> REVIEW');
  });
});

describe('a missing guard is caught', () => {
  it.each([
    ['no fence', { fence: false }, /^(only listed moves|doubt ends)/],
    ['no look at the lease in the tick of the send', { leaseAtSend: false }, /^a request leaves only/],
    ['evidence thrown away', { evidence: false }, /^a refused write/],
    ['a failure written over evidence', { unseen: false }, /^FAILED: all evidence/],
  ])('%s', (_name, guards, invariant) => {
    const found = broken(world('', {}, { guards: { ...ALL_GUARDS, ...guards }, maxFaults: 2 }));
    expect(found?.broken).toMatch(invariant);
  });
});
