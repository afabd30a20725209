import { describe, expect, it } from 'vitest';
import { StoreError } from '../ports/store.ts';
import { createRefusals } from './refusals.ts';

const REFUSED = new StoreError('refused', 'no right');

function setUp() {
  let nowMs = 0;
  const lines: string[] = [];
  const log = {
    info: (fields: Record<string, unknown>) => void lines.push(`ended ${fields.alarm_ended}`),
    warn: () => {},
    error: (fields: Record<string, unknown>) => void lines.push(`alarm ${fields.alarm}`),
  };
  const refusals = createRefusals({ log, nowMs: () => nowMs });
  return {
    refusals,
    lines,
    pass(ms: number): void {
      nowMs += ms;
    },
    /** Asks for it twenty times a second for so long. Returns when it was tried, in seconds. */
    insist(what: string, seconds: number): number[] {
      const tries: number[] = [];
      for (let time = 0; time < seconds * 20; time += 1) {
        if (refusals.standing(what) === null) {
          tries.push(nowMs / 1000);
          refusals.refused(what, REFUSED);
        }
        nowMs += 50;
      }
      return tries;
    },
  };
}

describe('what the database refuses', () => {
  it('is tried less and less often, at least every 30 s, and reported once', () => {
    const { insist, lines } = setUp();
    expect(insist('insert', 150)).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121]);
    expect(lines).toEqual(['alarm database_refuses']);
  });

  it('is tried as rarely if it was under way many times when it was first refused', () => {
    const { refusals, pass } = setUp();
    for (let time = 0; time < 10; time += 1) refusals.refused('insert', REFUSED);
    pass(1000);
    expect(refusals.standing('insert')).toBeNull();
  });

  it('is tried by one at a time', () => {
    const { refusals, pass } = setUp();
    refusals.refused('insert', REFUSED);
    pass(1000);
    expect([refusals.standing('insert'), refusals.standing('insert')]).toEqual([null, REFUSED]);
  });

  it('stops nothing else', () => {
    const { refusals } = setUp();
    refusals.refused('insert', REFUSED);
    refusals.succeeded('select');
    expect([refusals.standing('select'), refusals.standing('insert'), refusals.latest()]).toEqual([
      null,
      REFUSED,
      REFUSED,
    ]);
  });

  it('ends with the first statement that works again: all others are tried, too', () => {
    const { refusals, lines } = setUp();
    refusals.refused('insert', REFUSED);
    refusals.refused('update', REFUSED);
    refusals.succeeded('update');
    expect([refusals.standing('insert'), refusals.latest()]).toEqual([null, null]);
    expect(lines).toEqual(['alarm database_refuses', 'ended database_refuses']);
  });

  it('is no longer current when its time is over, so that a request tries it', () => {
    const { refusals, pass } = setUp();
    refusals.refused('insert', REFUSED);
    pass(1000);
    expect(refusals.latest()).toBeNull();
  });
});
