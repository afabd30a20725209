import { expect, test } from 'vitest';
import { createRandom, sendTimes } from './schedule.ts';

test('the times ascend, lie within the time, and are as many as the rate says', () => {
  const times = sendTimes({ perSecond: 500, forMs: 20_000, seed: 1 });
  expect(times.length).toBeGreaterThan(9_500);
  expect(times.length).toBeLessThan(10_500);
  expect(times.every((at, index) => at > (times[index - 1] ?? 0) && at < 20_000)).toBe(true);
});

test('the same seed gives the same times, another one others', () => {
  const options = { perSecond: 100, forMs: 1000 };
  expect(sendTimes({ ...options, seed: 3 })).toEqual(sendTimes({ ...options, seed: 3 }));
  expect(sendTimes({ ...options, seed: 3 })).not.toEqual(sendTimes({ ...options, seed: 4 }));
});

test('gaps are spread like those of clients that know nothing of each other', () => {
  const times = sendTimes({ perSecond: 1000, forMs: 10_000, seed: 2 });
  const shorter = times.filter((at, index) => at - (times[index - 1] ?? 0) < 1).length / times.length;
  // 1 − 1/e of exponential gaps are shorter than the mean.
  expect(shorter).toBeCloseTo(1 - Math.exp(-1), 1);
});

test('chance is uniform enough', () => {
  const random = createRandom(5);
  const drawn = Array.from({ length: 10_000 }, random);
  expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 1);
  expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
});
