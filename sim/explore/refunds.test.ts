import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { PAIR_WORLDS, REFUND_WORLDS } from './contracts.ts';
import { type Decisions, REAL_DECISIONS, type World } from './model.ts';
import { type PairWorld, pair } from './pair.ts';
import { single } from './single.ts';

const BOUNDS = { maxStates: 300_000 };

/** What does not hold for one refund at a gateway that keeps its keys. */
function brokenAlone(changes: Partial<Decisions>, more: Partial<World> = {}): string | undefined {
  const [world] = REFUND_WORLDS as [World];
  const decisions = { ...REAL_DECISIONS, ...changes };
  const changed = { ...world, maxFaults: 1, ...more, decisions };
  return check(single(changed), BOUNDS).counterexample?.broken;
}

/** What does not hold for two refunds of one payment. */
function brokenPair(changes: Partial<Decisions>): string | undefined {
  const [one] = PAIR_WORLDS as [PairWorld, ...PairWorld[]];
  return check(pair(withDecisions(one, changes)), BOUNDS).counterexample?.broken;
}

function withDecisions(one: PairWorld, changes: Partial<Decisions>): PairWorld {
  return { ...one, world: { ...one.world, maxFaults: 1, decisions: { ...REAL_DECISIONS, ...changes } } };
}

const { onCallEnded, onClaim, onWatched, openOperation, sumChange } = REAL_DECISIONS;

describe('a small exploration', () => {
  it.each(REFUND_WORLDS.map((one) => [one.name, one] as const))('finds nothing wrong: %s', (_name, one) => {
    const { exploration, counterexample } = check(single({ ...one, maxFaults: 1 }), BOUNDS);
    expect(counterexample).toBeNull();
    expect(exploration.states).toBeGreaterThan(100);
  });

  it.each(PAIR_WORLDS.map((one) => [one.world.name, one] as const))(
    'finds nothing wrong: %s',
    (_name, one) => {
      const { exploration, counterexample } = check(pair(withDecisions(one, {})), BOUNDS);
      expect(counterexample).toBeNull();
      expect(exploration.states).toBeGreaterThan(500);
    },
  );
});

describe('a broken decision about one refund is caught', () => {
  it('a refund that is pending counts as made', () => {
    const broken = brokenAlone({
      onCallEnded: (operation, outcome, context) =>
        onCallEnded(
          operation,
          outcome.kind === 'pending' ? { ...outcome, kind: 'approved' } : outcome,
          context,
        ),
    });
    expect(broken).toBe('every event has its cause');
  });

  it('a failure after success is not believed', () => {
    const broken = brokenAlone({
      onWatched(operation, outcome, told, context) {
        const believed =
          outcome.kind === 'declined' ? ({ kind: 'unavailable', reason: 'no' } as const) : outcome;
        return onWatched(operation, believed, told, context);
      },
    });
    expect(broken).toBe('every event has its cause');
  });

  it('a success is not looked up again', () => {
    const broken = brokenAlone({
      onClaim(operation, event, context) {
        const decision = onClaim(operation, event, context);
        if (operation.status !== 'COMPLETED' || event.evidence > 0) return decision;
        return {
          ...decision,
          next: operation,
          action: 'none',
          waitMs: 1,
          event: { type: 'verify.clear', detail: null },
        };
      },
    });
    expect(broken).toBe('an end can be reached once faults stop');
  });

  it('evidence of money is left unread', () => {
    const broken = brokenAlone({
      onWatched: (operation, outcome, told, context) => ({
        ...onWatched(operation, outcome, told, context),
        checked: false,
      }),
    });
    expect(broken).toBe('an end can be reached once faults stop');
  });
});

describe('a broken rule about the sums of two refunds is caught', () => {
  it('a review releases what is reserved', () => {
    const broken = brokenPair({
      sumChange: (before, after, amountMinor) =>
        sumChange(
          before === 'REVIEW' ? 'FAILED' : before,
          after === 'REVIEW' ? 'FAILED' : after,
          amountMinor,
        ),
    });
    expect(broken).toBe('a reservation ends with the money back, or with proof that it stays');
  });

  it('a success is not counted', () => {
    const broken = brokenPair({
      sumChange: (before, after, amountMinor) => ({
        ...sumChange(before, after, amountMinor),
        refundedMinor: 0,
      }),
    });
    expect(broken).toBe('the sums say what the statuses say');
  });

  it('what is reserved does not count when the next one is opened', () => {
    const broken = brokenPair({
      admit: (_sums, askedMinor) => ({ kind: 'admitted', amountMinor: askedMinor ?? 0, unsure: false }),
    });
    expect(broken).toBe('no more is admitted than was captured');
  });

  it('a released refund is not looked up before the next one is sent', () => {
    const broken = brokenPair({
      openOperation: (options) => openOperation({ ...options, verifyFirst: false }),
    });
    expect(broken).toMatch(/^what failed by absence is looked up before/);
  });
});
