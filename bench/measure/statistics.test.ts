import { expect, test } from 'vitest';
import { median, medianRatio, percentile } from './statistics.ts';

test('the median is the middle, or between the two in the middle', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7]), median([])]).toEqual([2, 2.5, 7, null]);
});

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_unused, index) => index + 1);
  expect([percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([50, 99, 100]);
  expect([percentile([5], 0.5), percentile([], 0.5)]).toEqual([5, null]);
});

const rounds = (...values: number[]) => values.map((value, index) => ({ round: index + 1, value }));

test('ratios are of the same round, and their median is not the ratio of the medians', () => {
  expect(medianRatio(rounds(1, 8, 3), rounds(2, 2, 2))).toBe(1.5);
  // Medians 10 and 10: their ratio would hide that it was half as fast in two rounds of three.
  expect(medianRatio(rounds(5, 10, 20), rounds(10, 20, 5))).toBe(0.5);
});

test('rounds that one of them does not have do not count', () => {
  expect(medianRatio(rounds(4, 100), rounds(2))).toBe(2);
  expect(medianRatio(rounds(4), [])).toBeNull();
  expect(medianRatio(rounds(4), rounds(0))).toBeNull();
});
