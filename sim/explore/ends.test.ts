import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import { ENDS_WORLDS } from './contracts.ts';
import { type EndsWorld, endsPair } from './ends-pair.ts';
import { type Decisions, REAL_DECISIONS } from './model.ts';

const BOUNDS = { maxStates: 300_000 };

function withDecisions([capture, release]: EndsWorld, changes: Partial<Decisions> = {}): EndsWorld {
  const changed = { maxFaults: 1, decisions: { ...REAL_DECISIONS, ...changes } };
  return [
    { ...capture, ...changed },
    { ...release, ...changed },
  ];
}

/** What does not hold for a capture and a void of one payment. */
function brokenBy(changes: Partial<Decisions>): string | undefined {
  const [one] = ENDS_WORLDS as [EndsWorld, ...EndsWorld[]];
  return check(endsPair(withDecisions(one, changes)), BOUNDS).counterexample?.broken;
}

const { markChange, onCallEnded, openOperation } = REAL_DECISIONS;

describe('a capture and a void', () => {
  it.each(ENDS_WORLDS.map((one) => [one[0].name, one] as const))('finds nothing wrong: %s', (_name, one) => {
    const { exploration, counterexample } = check(endsPair(withDecisions(one)), BOUNDS);
    expect(counterexample).toBeNull();
    expect(exploration.states).toBeGreaterThan(500);
  });

  it('a capture in review keeps no void out', () => {
    const broken = brokenBy({
      markChange: (before, after) =>
        markChange(before === 'REVIEW' ? 'FAILED' : before, after === 'REVIEW' ? 'FAILED' : after),
    });
    expect(broken).toBe('what may have ended the charge keeps all others out');
  });

  it('“already captured” is believed as a no', () => {
    const broken = brokenBy({
      onCallEnded: (operation, outcome, context) =>
        onCallEnded(
          operation,
          outcome.kind === 'unknown' && outcome.answered ? { kind: 'declined', code: 'no' } : outcome,
          context,
        ),
    });
    expect(broken).toBe('every event has its cause');
  });

  it('a capture that nobody has seen counts as failed', () => {
    const broken = brokenBy({
      openOperation: (options) => ({ ...openOperation(options), declineCode: 'no' }),
      onCallEnded: (operation, outcome, context) =>
        onCallEnded(
          operation,
          outcome.kind === 'unknown' ? { kind: 'refused', reason: 'no_answer' } : outcome,
          context,
        ),
    });
    expect(broken).not.toBeUndefined();
  });
});
