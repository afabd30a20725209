import { describe, expect, it } from 'vitest';
import { createTokenBucket } from './tokens.ts';

describe('a token bucket', () => {
  it('gives what it starts with at once, and then says when the next token is there', () => {
    const bucket = createTokenBucket({ capacity: 10, initial: 2, perSecond: 4 });
    expect([1, 2, 3, 4].map(() => bucket.reserve(7000))).toEqual([0, 0, 250, 500]);
  });

  it('earns tokens by time, from the first use on', () => {
    const bucket = createTokenBucket({ capacity: 10, initial: 0, perSecond: 4 });
    expect(bucket.reserve(7000)).toBe(250);
    expect(bucket.reserve(7500)).toBe(0);
    expect(bucket.reserve(7500)).toBe(250);
    expect(bucket.reserve(7600)).toBe(400);
  });

  it('waits whole milliseconds, never too short', () => {
    const bucket = createTokenBucket({ capacity: 10, initial: 0, perSecond: 3 });
    expect(bucket.reserve(0)).toBe(334);
  });

  it('saves no more than its capacity, by time or by what is added', () => {
    const bucket = createTokenBucket({ capacity: 2, initial: 0, perSecond: 1 });
    bucket.reserve(0);
    expect([1, 2, 3].map(() => bucket.reserve(60_000))).toEqual([0, 0, 1000]);
    bucket.add(50);
    expect([1, 2, 3].map(() => bucket.reserve(60_000))).toEqual([0, 0, 1000]);
  });

  it('counts added tokens against what was reserved ahead', () => {
    const bucket = createTokenBucket({ capacity: 10, initial: 0, perSecond: 1 });
    bucket.reserve(0);
    bucket.reserve(0);
    bucket.add(1);
    expect(bucket.reserve(0)).toBe(2000);
  });
});
