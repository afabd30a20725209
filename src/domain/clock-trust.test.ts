import { describe, expect, it } from 'vitest';
import { type ClockTrust, FULL_TRUST, isBelieved, latestMoment, latestMomentOfKnown } from './clock-trust.ts';
import { worse } from './operation.ts';

const STEP = 1_000_000;
const LEASE = 15_000;
/** At STEP the clock was set back by an hour. */
const setBack: ClockTrust = {
  agreedSinceMs: STEP,
  countFromMs: STEP + LEASE,
  writtenFromMs: STEP + LEASE,
  setBackMs: 3_600_000,
  aheadMs: 1000,
  toleranceMs: 500,
};

describe('a date', () => {
  it('is believed if the clock was never set', () => {
    expect(latestMoment(7, 1000, FULL_TRUST)).toBe(7);
    expect(latestMoment(5000, 1000, FULL_TRUST)).toBe(5000);
    expect(isBelieved(400, 1000, FULL_TRUST)).toBe(true);
  });

  it('from before a step counts from the end of the leases that the step may have shortened', () => {
    expect(latestMoment(STEP - 1, STEP + 90_000, setBack)).toBe(STEP + LEASE);
    // Who holds a lease goes on to date by the old clock until it ends.
    expect(latestMoment(STEP + LEASE - 1, STEP + 90_000, setBack)).toBe(STEP + LEASE);
    expect(latestMoment(STEP + LEASE + 1, STEP + 90_000, setBack)).toBe(STEP + LEASE + 1);
  });

  it('that others wrote counts from the end of a time without contact, one that was known does not', () => {
    const trust = { ...setBack, writtenFromMs: STEP + 40_000 };
    expect(latestMoment(STEP - 1, STEP + 90_000, trust)).toBe(STEP + 40_000);
    expect(latestMomentOfKnown(STEP - 1, STEP + 90_000, trust)).toBe(STEP + LEASE);
    expect(latestMoment(STEP + 39_999, STEP + 90_000, trust)).toBe(STEP + 40_000);
    expect(latestMomentOfKnown(STEP + LEASE - 1, STEP + 90_000, trust)).toBe(STEP + LEASE);
    expect(latestMomentOfKnown(STEP + LEASE + 1, STEP + 90_000, trust)).toBe(STEP + LEASE + 1);
  });

  it('in the future was written by the old clock, and counts as one from before the step', () => {
    expect(latestMoment(STEP + 3_600_000, STEP + 10, setBack)).toBe(STEP + LEASE);
    // An estimate that is a little ahead is not a date in the future.
    expect(latestMoment(STEP + LEASE + 900, STEP + LEASE + 10, setBack)).toBe(STEP + LEASE + 900);
  });

  it('is believed about ages only if no clock that was set can have written it', () => {
    expect(isBelieved(STEP - 60_000, STEP, setBack)).toBe(false);
    // Who holds a lease goes on to date by the old clock until it ends.
    const oldClockEndsMs = STEP + 3_600_000 + LEASE;
    expect(isBelieved(oldClockEndsMs, oldClockEndsMs + 10, setBack)).toBe(false);
    expect(isBelieved(oldClockEndsMs + 1, oldClockEndsMs + 10, setBack)).toBe(true);
    expect(isBelieved(oldClockEndsMs + 100_000, oldClockEndsMs + 10, setBack)).toBe(false);
    // A clock that was only set forward makes nothing look younger.
    expect(isBelieved(STEP + 1, STEP + 10, { ...setBack, setBackMs: 0 })).toBe(true);
    expect(isBelieved(STEP, STEP + 10, { ...setBack, setBackMs: 0 })).toBe(false);
  });
});

describe('two doubts', () => {
  const context = { nowMs: STEP + 20_000, trust: setBack };

  it('a date of the old clock does not hide a call that came after it', () => {
    const old = { kind: 'open', untilMs: STEP + 3_600_000 } as const;
    const late = { kind: 'open', untilMs: STEP + 19_000 } as const;
    expect(worse(old, late, context)).toEqual(late);
    expect(worse(old, { kind: 'answered', untilMs: STEP + 1000 }, context)).toEqual({
      kind: 'open',
      untilMs: STEP + LEASE,
    });
  });
});
