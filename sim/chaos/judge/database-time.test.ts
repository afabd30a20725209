import { expect, test } from 'vitest';
import { createDatabaseTime } from './database-time.ts';

const at = (ms: number): string => new Date(ms).toISOString();
/** An hour ahead from 100,000 to 105,000. */
const HOUR_MS = 3_600_000;
const stepped = createDatabaseTime([
  { atMs: 100_000, offsetMs: HOUR_MS },
  { atMs: 105_000, offsetMs: 0 },
]);

test('a clock that never steps tells our time', () => {
  const time = createDatabaseTime([]);
  expect([time.earliestMs(at(5)), time.latestMs(at(5))]).toEqual([5, 5]);
});

test('a time of an hour ahead was within the step, unless it could be an hour later', () => {
  expect(stepped.earliestMs(at(HOUR_MS + 102_000))).toBe(102_000);
  expect(stepped.latestMs(at(HOUR_MS + 102_000))).toBe(HOUR_MS + 102_000);
});

test('a time before or after the step is our own', () => {
  for (const ms of [50_000, 150_000]) {
    expect([stepped.earliestMs(at(ms)), stepped.latestMs(at(ms))]).toEqual([ms, ms]);
  }
});
