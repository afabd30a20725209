import { expect, test } from 'vitest';
import { createStalls, type Stalls } from './stalls.ts';

/** It comes round at these distances, one after the other. */
function after(...gapsMs: number[]): { readonly stalls: Stalls; readonly nowMs: number } {
  const stalls = createStalls(0);
  let nowMs = 0;
  for (const gapMs of gapsMs) {
    nowMs += gapMs;
    stalls.tick(nowMs);
  }
  return { stalls, nowMs };
}

const times = (count: number, gapMs: number): number[] => Array.from({ length: count }, () => gapMs);

test('a program that comes round in time reads in time', () => {
  const { stalls, nowMs } = after(...times(400, 25));
  expect(stalls.lateMs(nowMs + 10)).toBe(0);
});

test('one slow round does not matter, many do, and a long one does before its end is noted', () => {
  expect(after(...times(50, 25), 400).stalls.lateMs(1_660)).toBe(0);
  expect(after(...times(6, 100)).stalls.lateMs(605)).toBeGreaterThan(0);
  expect(after(25).stalls.lateMs(600)).toBeGreaterThan(0);
});

test('what is over does not matter any more', () => {
  const { stalls, nowMs } = after(...times(6, 100), ...times(250, 25));
  expect(stalls.lateMs(nowMs)).toBe(0);
});
