import { expect, test } from 'vitest';
import { GIVE_UP_AFTER_MS, nextTry, pauseOf, SICK_AFTER, WAITS_MS } from './schedule.ts';

const FAILED = { status: 500, retryAfterMs: null };
const at = (tries: number, chance = 0) => ({ tries, ageMs: 0, chance });
const H = 3_600_000;

test('the schedule lasts three days, and then the event is a dead letter', () => {
  const waits = [];
  for (let tries = 1; ; tries += 1) {
    const next = nextTry(FAILED, at(tries));
    if (next.kind !== 'again') {
      expect([next.kind, tries]).toEqual(['dead', 10]);
      break;
    }
    waits.push(next.waitMs);
  }
  expect(waits).toEqual(WAITS_MS);
  const sum = waits.reduce((all, ms) => all + ms, 0);
  expect(sum).toBeGreaterThan(72 * H);
  expect(sum).toBeLessThan(84 * H);
});

test('a tenth of each wait is chance', () => {
  expect(nextTry(FAILED, at(4, 1))).toEqual({ kind: 'again', waitMs: 2 * H * 1.1 });
});

test.each([200, 201, 204, 299])('%i is delivered', (status) => {
  expect(nextTry({ ...FAILED, status }, at(1))).toEqual({ kind: 'delivered' });
});

test.each([null, 100, 301, 302, 307, 400, 401, 404, 429, 500, 503])('%s is not', (status) => {
  expect(nextTry({ ...FAILED, status }, at(1))).toMatchObject({ kind: 'again' });
});

test('410 is for good', () => {
  expect(nextTry({ ...FAILED, status: 410 }, at(1))).toEqual({ kind: 'gone' });
});

test('Retry-After makes a wait longer, never shorter, and an hour long at most', () => {
  const wait = (retryAfterMs: number) => nextTry({ status: 503, retryAfterMs }, at(1));
  expect(wait(60_000)).toEqual({ kind: 'again', waitMs: 60_000 });
  expect(wait(1)).toEqual({ kind: 'again', waitMs: 5000 });
  expect(wait(99 * H)).toEqual({ kind: 'again', waitMs: H });
});

test('what is older than the schedule is given up with its next failure', () => {
  expect(nextTry(FAILED, { tries: 1, ageMs: GIVE_UP_AFTER_MS + 1, chance: 0 })).toEqual({ kind: 'dead' });
});

test('an endpoint is paused once it is sick, longer with each failure, five minutes at most', () => {
  const pauses = [1, SICK_AFTER - 1, SICK_AFTER, SICK_AFTER + 1, SICK_AFTER + 2, 1000].map((n) =>
    pauseOf(n, null),
  );
  expect(pauses).toEqual([0, 0, 1000, 2000, 4000, 300_000]);
  expect(pauseOf(1, 30_000)).toBe(30_000);
  expect(pauseOf(1000, 99 * H)).toBe(H);
});
