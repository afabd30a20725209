import { describe, expect, it } from 'vitest';
import { POLICY as policy } from '../../test/support/contract.ts';
import { backoffMs, lookupWaitMs, unansweredWaitMs } from './policy.ts';

describe('the wait before the next call', () => {
  it('is drawn below a ceiling that doubles with every call, up to the cap', () => {
    const ceilings = [0, 1, 2, 3, 7, 8, 9, 5000].map((attempts) => backoffMs(policy, attempts, 1, undefined));
    expect(ceilings).toEqual([100, 100, 200, 400, 6400, 10_000, 10_000, 10_000]);
  });

  it('is zero at the lowest roll, and whole milliseconds below the ceiling at any other', () => {
    expect(backoffMs(policy, 3, 0, undefined)).toBe(0);
    expect(backoffMs(policy, 1, 0.999, undefined)).toBe(99);
  });

  it('stays finite without a cap', () => {
    const uncapped = { ...policy, backoffCapMs: Number.POSITIVE_INFINITY };
    expect(backoffMs(uncapped, 5000, 1, undefined)).toBe(100 * 2 ** 30);
  });

  it('is what the gateway asked for, plus up to one first backoff', () => {
    expect(backoffMs(policy, 4, 0, 3000)).toBe(3000);
    expect(backoffMs(policy, 4, 0.456, 3000)).toBe(3046);
    expect(backoffMs(policy, 4, 0.5, 0)).toBe(50);
  });

  it('follows neither a time in the past nor one beyond the cap', () => {
    expect(backoffMs(policy, 1, 0, -5000)).toBe(0);
    expect(backoffMs(policy, 1, 0, 60_001)).toBe(60_000);
  });
});

describe('the wait before the next lookup', () => {
  it('doubles with every lookup up to the cap', () => {
    const waits = [0, 1, 2, 8, 9, 5000].map((lookups) => lookupWaitMs(policy, 10_000, lookups, 0.5));
    expect(waits).toEqual([10_000, 20_000, 40_000, 2_560_000, 3_600_000, 3_600_000]);
  });

  it('varies by a tenth in both directions', () => {
    expect(lookupWaitMs(policy, 10_000, 0, 0)).toBe(9000);
    expect(lookupWaitMs(policy, 10_000, 0, 1)).toBe(11_000);
  });

  it('stays finite without a cap', () => {
    const uncapped = { ...policy, lookupCapMs: Number.POSITIVE_INFINITY };
    expect(lookupWaitMs(uncapped, 1, 5000, 0.5)).toBe(2 ** 30);
  });
});

describe('the wait before a lookup that got no answer is repeated', () => {
  it('grows with the time without an answer, up to the cap', () => {
    const waits = [-5, 0, 80_000, 3_600_000, 86_400_000].map((ms) => unansweredWaitMs(policy, ms, 0.5));
    expect(waits).toEqual([10_000, 10_000, 20_000, 460_000, 3_600_000]);
  });

  it('varies by a tenth in both directions', () => {
    expect([unansweredWaitMs(policy, 0, 0), unansweredWaitMs(policy, 0, 1)]).toEqual([9000, 11_000]);
  });

  it('is an eighth of the outage at most once the gateway is back, and three days of silence are few lookups', () => {
    let lookups = 0;
    for (let ms = 0; ms < policy.resolveForMs; ms += unansweredWaitMs(policy, ms, 0.5)) lookups += 1;
    expect(lookups).toBeLessThan(130);
  });
});
