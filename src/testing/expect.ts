/** What the checks expect of an adapter, without a test runner. A difference is an `AssertionError`, which every runner can show. */
import { AssertionError } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

/** Whether a `reason` must be the very word (`exact`), or any word (`any`). */
export type Reasons = 'exact' | 'any';

export interface Expectation {
  toBe(expected: unknown): void;
  /** Members that are undefined count as absent. */
  toEqual(expected: unknown): void;
  /** What is named must be as it says. More members may be there. */
  toMatchObject(expected: object): void;
  /** The reverse of `toMatchObject`. */
  notToMatchObject(expected: object): void;
  toHaveLength(length: number): void;
}

interface Polled {
  toBe(expected: unknown): Promise<void>;
  toEqual(expected: unknown): Promise<void>;
}

export interface Expect {
  (actual: unknown, message?: string): Expectation;
  /** Asks again and again until it is as expected, for a minute at most. */
  poll(ask: () => unknown, message?: string): Polled;
}

/** Far more than anything waited for takes, even on a busy machine. */
const PATIENCE_MS = 60_000;
const POLL_MS = 2;

export function expecting(reasons: Reasons): Expect {
  const same = (actual: unknown, expected: unknown, isWhole: boolean): boolean =>
    matches(actual, expected, { isWhole, reasons });

  const expect = (actual: unknown, message?: string): Expectation => {
    const must = (holds: boolean, expected: unknown, words: string): void => {
      if (!holds) throw difference(actual, expected, message ?? words);
    };
    return {
      toBe: (expected) => must(Object.is(actual, expected), expected, 'It is another value'),
      toEqual: (expected) => must(same(actual, expected, true), expected, 'It differs'),
      toMatchObject: (expected) => must(same(actual, expected, false), expected, 'It differs'),
      notToMatchObject: (expected) =>
        must(!same(actual, expected, false), expected, 'It must not be like this'),
      toHaveLength: (length) =>
        must((actual as ArrayLike<unknown>).length === length, length, 'There are more or fewer'),
    };
  };

  const poll = (ask: () => unknown, message = 'It did not become as expected within a minute'): Polled => {
    const until = async (expected: unknown): Promise<void> => {
      const end = performance.now() + PATIENCE_MS;
      while (!same(ask(), expected, true)) {
        if (performance.now() > end) throw difference(ask(), expected, message);
        await sleep(POLL_MS);
      }
    };
    return { toBe: until, toEqual: until };
  };

  return Object.assign(expect, { poll });
}

function difference(actual: unknown, expected: unknown, words: string): AssertionError {
  const shown = (value: unknown): string => inspect(value, { depth: 5, breakLength: 100 });
  const message = `${words}.\nexpected: ${shown(expected)}\nactual:   ${shown(actual)}`;
  return new AssertionError({ message, actual, expected, operator: 'matches' });
}

interface How {
  /** Whether the actual value may have no more members than the expected one. */
  readonly isWhole: boolean;
  readonly reasons: Reasons;
}

function matches(actual: unknown, expected: unknown, how: How): boolean {
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected);
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(expected) !== Array.isArray(actual)) return false;
  if (Array.isArray(expected) && expected.length !== (actual as unknown[]).length) return false;
  const has = actual as Readonly<Record<string, unknown>>;
  const wants = expected as Readonly<Record<string, unknown>>;
  const names = new Set([...Object.keys(wants), ...(how.isWhole ? Object.keys(has) : [])]);
  return [...names].every((name) => {
    const isAnyReason = name === 'reason' && how.reasons === 'any' && typeof wants.reason === 'string';
    return isAnyReason ? typeof has.reason === 'string' : matches(has[name], wants[name], how);
  });
}
