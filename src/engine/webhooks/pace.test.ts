import { expect, it } from 'vitest';
import { createPace } from './pace.ts';

const HOUR = 3_600_000;

it('waits twice as long after each look that an event caused, and ten minutes at most', () => {
  const pace = createPace({ monotonicMs: () => 0 });
  const gaps = Array.from({ length: 12 }, () => {
    pace.woken('a');
    return pace.gapMs('a') / 1000;
  });
  expect(gaps).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600]);
  expect(pace.gapMs('b')).toBe(1000);
});

it('begins again for what no event has woken for an hour', () => {
  let nowMs = 0;
  const pace = createPace({ monotonicMs: () => nowMs });
  pace.woken('a');
  nowMs = HOUR - 1;
  expect(pace.gapMs('a')).toBe(2000);
  nowMs = HOUR;
  expect(pace.gapMs('a')).toBe(1000);
});

it('forgets what was woken longest ago, if there are too many', () => {
  const pace = createPace({ monotonicMs: () => 0 });
  for (const unit of ['a', 'b', 'a']) pace.woken(unit);
  for (let n = 0; n < 9999; n += 1) pace.woken(`row ${n}`);
  expect([pace.gapMs('a'), pace.gapMs('b')]).toEqual([4000, 1000]);
});
