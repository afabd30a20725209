import { expect, test } from 'vitest';
import type { Window } from '../measure/rounds.ts';
import type { Results } from '../results.ts';
import { EMPTY, OLD } from '../workloads/old.ts';
import { targetsOf } from './targets.ts';

const window = (subject: string, perSecond: number, connections = 64, round = 1): Window => ({
  subject,
  perSecond,
  connections,
  round,
  latency: { p50: 1, p90: 1, p99: 1, max: 1 },
  statuses: {},
  errors: 0,
  cost: { server: 1, postgres: 1, gateway: 1, load: 1 },
  walBytes: 1,
  residentMb: 1,
});

function verdictOf(results: Results, what: string | RegExp, unit = '') {
  const found = targetsOf(results).find(
    (target) =>
      (typeof what === 'string' ? target.what === what : what.test(target.what)) &&
      target.unit.includes(unit),
  );
  return found && [found.measured, found.verdict];
}

test('nothing is measured of what did not run', () => {
  expect(new Set(targetsOf({}).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
});

test('a throughput target is met at its bound, and missed below it', () => {
  const at = (ours: number): Results => ({ new: [window('proxy', 100), window('payonce', ours)] });
  expect(verdictOf(at(50), 'new, 64 connections')).toEqual([0.5, 'met']);
  expect(verdictOf(at(49), 'new, 64 connections')).toEqual([0.49, 'missed']);
});

test('peers are compared at 256 connections, and one that was left out is not measured', () => {
  const results = { new: [window('payonce', 1000, 256), window('dbos', 90, 256)] };
  expect(verdictOf(results, 'new, 256 connections', 'dbos')).toEqual([1000 / 90, 'met']);
  expect(verdictOf(results, 'new, 256 connections', 'restate')).toEqual([null, 'not measured']);
});

test('old is the median over all rounds and connections', () => {
  const windows = [64, 256].flatMap((connections) => [
    window(EMPTY, 100, connections),
    window(OLD, connections === 64 ? 90 : 80, connections),
  ]);
  const old = { rows: 1000, gigabytes: 1, fillSeconds: 1, windows };
  const [measured, verdict] = verdictOf({ old }, 'old, 1,000 payments stored') ?? [];
  expect([Number(measured).toFixed(2), verdict]).toEqual(['0.85', 'met']);
});

test('memory may grow by a tenth', () => {
  const at = (last: number): Results => ({
    memory: {
      cacheEntries: 1,
      seconds: 1,
      marks: [
        { payments: 100, residentMb: 100 },
        { payments: 1000, residentMb: last },
      ],
    },
  });
  expect(verdictOf(at(110), /^memory/)).toEqual([1.1, 'met']);
  expect(verdictOf(at(112), /^memory/)?.[1]).toBe('missed');
});

test('recovery that never ended is missed', () => {
  const recover = (settledAfterMs: number | null): Results => ({
    recover: {
      payments: 10,
      held: 10,
      leaseMs: 15_000,
      settledAfterMs,
      boundMs: 25_000,
      counts: {},
      charges: { live: 10, duplicates: 0 },
    },
  });
  expect(verdictOf(recover(24_960), /^recover/)).toEqual([25, 'met']);
  expect(verdictOf(recover(25_100), /^recover/)?.[1]).toBe('missed');
  expect(verdictOf(recover(null), /^recover/)?.[1]).toBe('missed');
});
