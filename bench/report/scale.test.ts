import { expect, test } from 'vitest';
import { powersOfTen, powersOfTwo, spread } from './scale.ts';

test('equal factors are equal distances', () => {
  const two = powersOfTwo([1, 4, 16, 64, 256], 0, 400);
  expect([1, 4, 16, 64, 256].map(two.at)).toEqual([0, 100, 200, 300, 400]);
  expect(two.ticks).toEqual([1, 4, 16, 64, 256]);
});

test('the axis begins and ends with a tick that no value lies beyond', () => {
  const scale = powersOfTen([130, 25_000], 100, 0);
  expect(scale.ticks).toEqual([100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]);
  expect([scale.at(100), scale.at(50_000)]).toEqual([100, 0]);
});

test('values below one have exact ticks', () => {
  expect(powersOfTen([0.11, 0.4], 0, 1).ticks).toEqual([0.1, 0.2, 0.5]);
});

test('a single value has an axis too', () => {
  for (const scale of [powersOfTen([5], 0, 1), powersOfTwo([64], 0, 1)]) {
    expect(Number.isFinite(scale.at(5))).toBe(true);
  }
});

test('heights that are too close are moved apart, in their order and within the bottom', () => {
  const moved = spread([50, 10, 52, 99], 10, 100);
  const [third = 0, first = 0, fourth = 0, last = 0] = moved;
  expect(first).toBe(10);
  expect(fourth - third).toBeGreaterThanOrEqual(10);
  expect(last).toBeLessThanOrEqual(100);
  expect(spread([95, 96, 97], 10, 100)).toEqual([80, 90, 100]);
});
