import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { draw } from './random.ts';

const seeds = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.maxSafeNat());

describe('draw', () => {
  test('is the same for the same arguments, and in [0, 1)', () => {
    fc.assert(
      fc.property(seeds, fc.string(), fc.string(), fc.nat(), (seed, purpose, key, n) => {
        const value = draw(seed, purpose, key, n);
        expect(value).toBe(draw(seed, purpose, key, n));
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(1);
      }),
    );
  });

  test('never changes between releases, so that a seed in a bug report stays worth something', () => {
    expect(draw(1, 'answer', 'key-1', 1)).toBe(0.9463523575876696);
  });

  test.each([
    ['seed', (index: number) => draw(index, 'answer', 'key', 1)],
    ['large seed', (index: number) => draw(index * 2 ** 32, 'answer', 'key', 1)],
    ['key', (index: number) => draw(1, 'answer', `key-${index}`, 1)],
    [
      'uuid-like key',
      (index: number) =>
        draw(1, 'answer', `0b0e7a0e-5c0f-5f6d-9d5e-${index.toString(16).padStart(12, '0')}`, 1),
    ],
    ['attempt', (index: number) => draw(1, 'answer', 'key', index)],
    ['purpose', (index: number) => draw(1, `purpose-${index}`, 'key', 1)],
  ])('is uniform over the %s', (_over, drawNth) => {
    const buckets = new Array<number>(20).fill(0);
    const total = 40_000;
    for (let index = 0; index < total; index += 1) {
      const bucket = Math.floor(drawNth(index) * 20);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    const expected = total / 20;
    const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 19 degrees of freedom: above 43.8 once in a thousand honest generators; these arguments are fixed.
    expect(chiSquare).toBeLessThan(43.8);
  });

  test.each([
    ['attempts', (index: number, other: 0 | 1) => draw(1, 'answer', `key-${index}`, other + 1)],
    ['seeds', (index: number, other: 0 | 1) => draw(other + 1, 'answer', `key-${index}`, 1)],
    ['purposes', (index: number, other: 0 | 1) => draw(1, other ? 'answer' : 'booking', `key-${index}`, 1)],
    ['keys', (index: number, other: 0 | 1) => draw(1, 'answer', `key-${index + other}`, 1)],
  ])('two %s are independent of each other', (_what, drawNth) => {
    let product = 0;
    const total = 20_000;
    for (let index = 0; index < total; index += 1)
      product += (drawNth(index, 0) - 0.5) * (drawNth(index, 1) - 0.5);
    // Correlation; its standard error is 0.007.
    expect(Math.abs((product / total) * 12)).toBeLessThan(0.03);
  });

  test('purpose and key are kept apart', () => {
    expect(draw(1, 'ab', 'c', 0)).not.toBe(draw(1, 'a', 'bc', 0));
  });
});
