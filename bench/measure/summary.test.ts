import { expect, test } from 'vitest';
import type { Window } from './rounds.ts';
import { ratioOf, summarise } from './summary.ts';

function window(subject: string, round: number, perSecond: number, changes: Partial<Window> = {}): Window {
  return {
    subject,
    round,
    perSecond,
    connections: 64,
    latency: { p50: perSecond / 10, p90: 2, p99: 3, max: perSecond },
    statuses: { 201: 5 },
    errors: 1,
    cost: { server: perSecond, postgres: 1, gateway: 1, load: 1 },
    walBytes: 100,
    residentMb: 50,
    ...changes,
  };
}

const windows = [
  window('proxy', 1, 100),
  window('payonce', 1, 60),
  window('proxy', 2, 200),
  window('payonce', 2, 100),
  window('proxy', 3, 100),
  window('payonce', 3, 70),
  window('payonce', 1, 10, { connections: 1 }),
];

test('a line has medians over the rounds, the worst of all, and the sum of the errors', () => {
  const [proxy, payonce] = summarise(windows, 'proxy');
  expect(proxy).toMatchObject({ subject: 'proxy', perSecond: 100, ratio: 1, errors: 3, rounds: 3 });
  expect(payonce).toMatchObject({
    perSecond: 70,
    ratio: 0.6,
    latency: { p50: 7, max: 100 },
    cost: { server: 70 },
  });
});

test('each number of connections has a line of its own, without a ratio where the base was not measured', () => {
  expect(summarise(windows, 'proxy')[2]).toMatchObject({ connections: 1, perSecond: 10, ratio: null });
});

test('a ratio is found by names and connections', () => {
  const which = { subject: 'payonce', base: 'proxy', connections: 64 };
  expect(ratioOf(windows, which)).toBe(0.6);
  expect(ratioOf(windows, { ...which, base: 'django' })).toBeNull();
});
