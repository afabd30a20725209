import { describe, expect, it } from 'vitest';
import { type ClockTrust, FULL_TRUST, greatestAgeMs, latestMoment } from './clock-trust.ts';

const STEP = 1_000_000;
const LEASE = 15_000;
/** At STEP the clock was set back by an hour. */
const setBack: ClockTrust = {
  agreedSinceMs: STEP,
  countFromMs: STEP + LEASE,
  setBackMs: 3_600_000,
  toleranceMs: 500,
};

describe('a date', () => {
  it('is believed where the clock was never set', () => {
    expect(latestMoment(7, 1000, FULL_TRUST)).toBe(7);
    expect(latestMoment(5000, 1000, FULL_TRUST)).toBe(5000);
    expect(greatestAgeMs(400, 1000, FULL_TRUST)).toBe(600);
  });

  it('from before a step counts from the end of the leases that the step may have cut short', () => {
    expect(latestMoment(STEP - 1, STEP + 90_000, setBack)).toBe(STEP + LEASE);
    expect(latestMoment(STEP, STEP + 90_000, setBack)).toBe(STEP);
  });

  it('from the future was written by the old clock, and counts as one from before the step', () => {
    expect(latestMoment(STEP + 3_600_000, STEP + 10, setBack)).toBe(STEP + LEASE);
    // An estimate that runs a little ahead is none from the future.
    expect(latestMoment(STEP + 900, STEP + 10, setBack)).toBe(STEP + 900);
  });

  it('that the old clock may have written is older than it looks, by what the clock was set back', () => {
    expect(greatestAgeMs(STEP - 60_000, STEP, setBack)).toBe(60_000 + 3_600_000);
    expect(greatestAgeMs(STEP + 3_600_000, STEP + 3_600_010, setBack)).toBe(10 + 3_600_000);
    expect(greatestAgeMs(STEP + 3_600_001, STEP + 3_600_010, setBack)).toBe(9);
  });
});
