import { expect, test } from 'vitest';
import { TOXIC_KINDS } from './proxy/toxic.ts';
import { drawSchedule, type Scheduled } from './schedule.ts';

const seeds = Array.from({ length: 50 }, (_, seed) => seed);

test('the same seed draws the same storm, another seed another', () => {
  expect(drawSchedule(7, 120_000)).toEqual(drawSchedule(7, 120_000));
  expect(drawSchedule(7, 120_000)).not.toEqual(drawSchedule(8, 120_000));
});

test('every full minute has every kind of fault and every toxic on both networks', () => {
  for (const seed of seeds) {
    const schedule = drawSchedule(seed, 60_000);
    const kinds = new Set(schedule.map(({ fault }) => fault.kind));
    expect([...kinds].sort()).toEqual(['database_crash', 'freeze', 'kill', 'network', 'orphans', 'rollout']);
    for (const upstream of ['database', 'gateway']) {
      const toxics = schedule.flatMap(({ fault }) =>
        fault.kind === 'network' && fault.upstream === upstream ? [fault.toxic.kind] : [],
      );
      expect([...new Set(toxics)].sort()).toEqual([...TOXIC_KINDS].sort());
    }
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
