import { expect, it } from 'vitest';
import { createVirtualClock } from '../../test/support/virtual-clock.ts';
import { type CachedAnswer, createReplayCache } from './replay-cache.ts';

const answer: CachedAnswer = {
  fingerprint: 'f',
  frozen: { problem: null, body: '{}' },
  paymentId: 'p',
  started: true,
};

it('gives an answer only to its own account and key', () => {
  const cache = createReplayCache(10, createVirtualClock());
  cache.put('a', 'k', answer, 1000);
  expect(cache.get('a', 'k')).toBe(answer);
  expect([cache.get('b', 'k'), cache.get('a', 'j')]).toEqual([undefined, undefined]);
});

it('never gives an expired answer', () => {
  const clock = createVirtualClock();
  const cache = createReplayCache(10, clock);
  cache.put('a', 'k', answer, 1000);
  clock.advance(999);
  expect(cache.get('a', 'k')).toBe(answer);
  clock.advance(1);
  expect(cache.get('a', 'k')).toBeUndefined();
});

it('stays within its bound, and keeps what is used', () => {
  const cache = createReplayCache(10, createVirtualClock());
  cache.put('a', 'used', answer, 1e9);
  for (let index = 0; index < 1000; index += 1) {
    cache.put('a', `k${index}`, answer, 1e9);
    cache.get('a', 'used');
  }
  const kept = Array.from({ length: 1000 }, (_, index) => cache.get('a', `k${index}`)).filter(Boolean);
  expect(cache.get('a', 'used')).toBe(answer);
  expect(kept.length).toBeLessThanOrEqual(10);
});

it('keeps nothing when its bound is 0', () => {
  const cache = createReplayCache(0, createVirtualClock());
  cache.put('a', 'k', answer, 1000);
  expect(cache.get('a', 'k')).toBeUndefined();
});

it('keeps at least the newest half of its bound, whatever else comes', () => {
  const cache = createReplayCache(4, createVirtualClock());
  for (const key of ['k1', 'k2', 'k3', 'k4', 'k5']) cache.put('a', key, answer, 1e9);
  expect(['k1', 'k2', 'k3', 'k4', 'k5'].map((key) => cache.get('a', key) !== undefined)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});

it('keeps one answer even with a bound of one', () => {
  const cache = createReplayCache(1, createVirtualClock());
  cache.put('a', 'k1', answer, 1e9);
  expect(cache.get('a', 'k1')).toBe(answer);
});

it('keeps what is used while others come and go, until it expires', () => {
  const clock = createVirtualClock();
  const cache = createReplayCache(4, clock);
  cache.put('a', 'used', answer, 1000);
  for (let index = 0; index < 10; index += 1) {
    cache.put('a', `k${index}`, answer, 1e9);
    expect(cache.get('a', 'used')).toBe(answer);
  }
  clock.advance(1000);
  expect(cache.get('a', 'used')).toBeUndefined();
});
