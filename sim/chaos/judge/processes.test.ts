import { expect, test } from 'vitest';
import type { Trouble } from '../faults/troubles.ts';
import type { End } from '../processes/replica.ts';
import { judgeEnds } from './processes.ts';

const calm = { during: (): Trouble[] => [] };
const trouble: Trouble = { replica: 'a', what: 'database_away', fromMs: 0, untilMs: 1 };
const troubled = { during: (): Trouble[] => [trouble] };

function end(changes: Partial<End> = {}): End {
  return {
    replica: 'a',
    wasReady: true,
    cause: 'SIGTERM',
    exit: { code: 0, signal: null },
    startedMs: 0,
    toldMs: 10_000,
    endedMs: 11_000,
    leftBehind: false,
    ...changes,
  };
}

const wrong = (changes: Partial<End>, troubles = calm): number => judgeEnds([end(changes)], troubles).length;

test('exit 0 within 15 s after SIGTERM is right', () => {
  expect(wrong({})).toBe(0);
});

test('another exit code, or a signal, after SIGTERM is wrong', () => {
  expect(wrong({ exit: { code: 1, signal: null } })).toBe(1);
  expect(wrong({ exit: { code: null, signal: 'SIGTERM' } })).toBe(1);
});

test('an exit after more than 15 s is wrong', () => {
  expect(wrong({ endedMs: 25_100 })).toBe(1);
});

test('while it is frozen or its database is away, an end after SIGTERM is excused', () => {
  expect(wrong({ exit: { code: 1, signal: null }, endedMs: 25_100 }, troubled)).toBe(0);
});

test('SIGTERM while Node was still loading is excused, but not later', () => {
  const unready = { wasReady: false, exit: { code: null, signal: 'SIGTERM' } } as const;
  expect(wrong({ ...unready, toldMs: 300 })).toBe(0);
  expect(wrong({ ...unready, toldMs: 5_000 })).toBe(1);
});

test('a server that had been ready may not end by itself, whatever happened', () => {
  expect(wrong({ cause: null, exit: { code: 1, signal: null } }, troubled)).toBe(1);
});

test('a server may fail to start only while its database is away', () => {
  const unready = { cause: null, wasReady: false, toldMs: null, exit: { code: 1, signal: null } } as const;
  expect(wrong(unready, troubled)).toBe(0);
  expect(wrong(unready)).toBe(1);
});

test('a killed server owes nothing, but leaves nothing behind either', () => {
  expect(wrong({ cause: 'SIGKILL', exit: { code: null, signal: 'SIGKILL' } })).toBe(0);
  expect(wrong({ cause: 'SIGKILL', leftBehind: true }, troubled)).toBe(1);
});
