import { expect, test } from 'vitest';
import { NAMED_TROUBLES, nameOf, troubleOf } from './fault.ts';
import { createRandom } from './random.ts';
import { drawSchedule, drawSettings, type Scheduled } from './schedule.ts';
import { VARIED } from './settings.ts';

const seeds = Array.from({ length: 50 }, (_, seed) => seed);

test('the same seed draws the same storm, another seed another', () => {
  expect(drawSchedule(7, 120_000)).toEqual(drawSchedule(7, 120_000));
  expect(drawSchedule(7, 120_000)).not.toEqual(drawSchedule(8, 120_000));
});

test('every full minute has every trouble by its name', () => {
  for (const seed of seeds) {
    const names = drawSchedule(seed, 60_000).map(({ fault }) => troubleOf(nameOf(fault)));
    expect([...new Set(names)].sort()).toEqual([...NAMED_TROUBLES].sort());
  }
});

test('two replicas never have the same settings', () => {
  for (const seed of seeds) {
    const { a, b } = drawSettings(createRandom(seed, 'settings'));
    expect(a).not.toBe(b);
    expect([VARIED[a], VARIED[b]]).not.toContain(undefined);
  }
});

test('what takes long begins early enough to be over soon after the minute', () => {
  for (const seed of seeds) {
    const schedule = drawSchedule(seed, 60_000);
    const holes = schedule.filter(({ fault }) => fault.kind === 'black_hole');
    expect(holes.length).toBeGreaterThan(0);
    expect(holes.every(({ atMs }) => atMs < 50_000)).toBe(true);
  }
});

test('faults come in the order of their time, within the run', () => {
  const times = (schedule: Scheduled[]): number[] => schedule.map(({ atMs }) => atMs);
  for (const seed of seeds) {
    const drawn = times(drawSchedule(seed, 90_000));
    expect(drawn).toEqual(drawn.toSorted((a, b) => a - b));
    expect(drawn.every((atMs) => atMs >= 0 && atMs < 90_000)).toBe(true);
  }
});
