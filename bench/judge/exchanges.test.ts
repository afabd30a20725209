import { expect, test } from 'vitest';
import { faultSettings } from '../../src/fake-gateway/faults/settings.ts';
import { exchangesOf } from './exchanges.ts';

const settings = (faults: object) => faultSettings({ latency_ms: { min: 50, max: 150 }, ...faults }, 1);

test('a gateway that never fails is called once', () => {
  const { calls, succeeds, callsMs } = exchangesOf(settings({}), 'k', 4);
  expect([calls, succeeds]).toEqual([1, true]);
  expect(callsMs).toBeGreaterThanOrEqual(50);
  expect(callsMs).toBeLessThanOrEqual(150);
});

test('one that always fails is called as often as is allowed, and each call takes its time', () => {
  const { calls, succeeds, callsMs, lookupMs } = exchangesOf(settings({ error_after: 1 }), 'k', 4);
  expect([calls, succeeds]).toEqual([4, false]);
  expect(callsMs).toBeGreaterThanOrEqual(200);
  expect(lookupMs).toBeGreaterThanOrEqual(50);
});

test('the share of first calls that succeed is what the rates say', () => {
  const faults = settings({ error_before: 0.25, error_after: 0.05 });
  const keys = Array.from({ length: 2000 }, (_unused, index) => `key-${index}`);
  const first = keys.filter((key) => exchangesOf(faults, key, 4).calls === 1).length;
  expect(first / keys.length).toBeCloseTo(0.7, 1);
});
