import { expect, test } from 'vitest';
import { GatewayDates } from './dates.ts';

const START = Date.UTC(2030, 0, 1);
const at = (ms: number) => ({ date: new Date(START + ms).toUTCString() });

/** Asks at `ms` of the monotonic clock, and gets the answer 10 ms later. */
function watch() {
  const dates = new GatewayDates();
  return (ms: number, dateAtMs: number) => dates.isOld(at(dateAtMs), ms, ms + 10);
}

test('the first date is believed, whatever our own clock says', () => {
  for (const ms of [-1e9, 0, 1e9]) expect(watch()(0, ms)).toBe(false);
});

test('a date that does not move on becomes old, and stays old', () => {
  const isOld = watch();
  expect(isOld(0, 0)).toBe(false);
  expect(isOld(2_900, 0)).toBe(false);
  expect(isOld(4_000, 0)).toBe(true);
  expect(isOld(60_000, 0)).toBe(true);
  expect(isOld(60_000, 60_000)).toBe(false);
});

test('clocks of several hosts may differ by a moment', () => {
  const isOld = watch();
  for (const [ms, skew] of [
    [0, 1_000],
    [10_000, -1_000],
    [20_000, 1_000],
    [30_000, -1_000],
  ] as const) {
    expect(isOld(ms, ms + skew)).toBe(false);
  }
});

test('a clock that was set back is believed again after ten minutes', () => {
  const isOld = watch();
  expect(isOld(0, 3_600_000)).toBe(false);
  for (const ms of [60_000, 300_000, 599_000]) expect(isOld(ms, ms)).toBe(true);
  expect(isOld(601_000, 601_000)).toBe(false);
  expect(isOld(700_000, 700_000)).toBe(false);
  expect(isOld(710_000, 700_000)).toBe(true);
});

test('an answer without a readable date is not old', () => {
  const dates = new GatewayDates();
  dates.isOld(at(0), 0, 0);
  for (const date of [undefined, '', 'yesterday', [at(0).date, at(0).date]]) {
    expect(dates.isOld(date === undefined ? {} : { date }, 1e6, 1e6)).toBe(false);
  }
});
