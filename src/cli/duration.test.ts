import { expect, it } from 'vitest';
import { durationMs } from './duration.ts';

it.each([
  ['45s', 45_000],
  ['30m', 1_800_000],
  ['24h', 86_400_000],
  ['90d', 7_776_000_000],
  ['0s', 0],
  ['3650d', 315_360_000_000],
])('%s is %i ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each(['', '5', 'h', '1.5h', '-1h', ' 1h', '1 h', '1w', '1H', '3651d', '9999999999s'])(
  '%j is none',
  (text) => {
    expect(durationMs(text)).toBeNull();
  },
);
