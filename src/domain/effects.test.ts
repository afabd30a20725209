import { describe, expect, it } from 'vitest';
import { EFFECTS, type EffectKind, followUpWords } from './effects.ts';

const KINDS = Object.keys(EFFECTS) as EffectKind[];

function wordsOf(kind: EffectKind): readonly string[] {
  const { events, twice, declined, followUp } = EFFECTS[kind];
  // An earlier capture or void that was made leaves nothing, so both problems of it are one.
  const { earlierFound, notFound, ...words } = followUp ?? { earlierFound: null, notFound: null };
  // A payment that has neither a capture nor a void is told so in one word.
  const own = kind === 'void' ? [] : [kind === 'refund' ? earlierFound : null, notFound];
  const all = [...Object.values(events), twice, declined, ...own, ...Object.values(words)];
  return all.filter((word) => word !== null);
}

describe('the table of effects', () => {
  it('uses each word of the audit trail, the alarms and the problems once', () => {
    const words = KINDS.flatMap(wordsOf);
    expect(words).toEqual([...new Set(words)]);
  });

  it('has no words of a follow-up for the charge', () => {
    expect(() => followUpWords('charge')).toThrow('A charge is no follow-up.');
    expect(followUpWords('refund').failedLate).toBe('refund_failed_late');
  });

  it('watches the success of follow-ups only', () => {
    const watched = KINDS.filter((kind) => EFFECTS[kind].mayFailForMs > 0);
    expect(watched.filter((kind) => EFFECTS[kind].followUp === null)).toEqual([]);
    expect(watched).toContain('refund');
  });
});
