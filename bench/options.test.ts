import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isWhole, parseOptions } from './options.ts';
import { planOf, WORKLOADS } from './plan.ts';

// Commander says on standard error what is wrong.
beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true));
afterEach(() => vi.restoreAllMocks());

test('without arguments everything is measured', () => {
  const plan = planOf(parseOptions([]));
  expect(plan.workloads).toEqual(WORKLOADS);
  expect(plan.peers).toEqual(['proxy', 'one-statement', 'dbos', 'restate', 'django']);
  expect(plan.old.rows).toBe(10_000_000);
  expect(plan.memory).toMatchObject({ atFirst: 100_000, atLast: 1_000_000 });
});

test('the quick run keeps to three servers, and leaves out what takes long', () => {
  const plan = planOf(parseOptions(['--quick']));
  expect(plan.peers).toEqual(['proxy', 'one-statement']);
  expect(plan.workloads).not.toContain('memory');
  expect(plan.old.rows).toBe(200_000);
});

test('arguments win over what a run usually has', () => {
  const args =
    '--quick --only memory,new --peers dbos --rounds 7 --seconds 0.5 --old-rows 1000 --memory-payments 5000';
  const plan = planOf(parseOptions(args.split(' ')));
  expect(plan.workloads).toEqual(['new', 'memory']);
  expect(plan.peers).toEqual(['dbos']);
  expect(plan.new.timing).toMatchObject({ rounds: 7, windowMs: 500 });
  expect(plan.old.rows).toBe(1000);
  expect(plan.memory.atFirst).toBe(500);
});

test('no peer at all can be asked for', () => {
  expect(planOf(parseOptions(['--peers', 'none'])).peers).toEqual([]);
});

test('requests with an API key are measured only if that is asked for, and then the run is no whole one', () => {
  expect(planOf(parseOptions([])).keys).toBe(false);
  const options = parseOptions(['--keys']);
  expect([planOf(options).keys, isWhole(options)]).toEqual([true, false]);
});

test.each([
  ['--only new,nonsense', 'There is no "nonsense". Known: new'],
  ['--peers postgres', 'There is no "postgres". Known: proxy'],
  ['--rounds 0', 'a whole number from 1 to 100'],
  ['--rounds 1.5', 'a whole number'],
  ['--seconds soon', 'a number from 0.2 to 600'],
  ['--old-rows 10', 'a whole number from 1000'],
  ['--against /nowhere', 'Run "npm ci && npm run build" there first'],
  ['--fast', "unknown option '--fast'"],
  ['new', 'too many arguments'],
])('%s is refused', (args, message) => {
  expect(() => parseOptions(args.split(' '))).toThrow(message);
});
