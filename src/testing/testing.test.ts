/** The checks themselves: they run without this test runner, in order, and find an adapter that lies. */
import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { captures, charges, refunds } from '../../examples/http-dialect.mjs';
import { CONTRACT } from '../../test/support/contract.ts';
import { createHttpGateway } from '../gateways/http/index.ts';
import type { Gateway } from '../ports/gateway.ts';
import { collect } from './collect.ts';
import { HELD_MS, outOfTime } from './deadline.ts';
import { expecting } from './expect.ts';
import { gatewayChecks } from './index.ts';

const honest = (url: string): Gateway => createHttpGateway({ url, contract: CONTRACT });
const chargesOnly = (url: string): Gateway => {
  const { refunds: _refunds, captures: _captures, ...gateway } = honest(url);
  return gateway;
};

describe('the checks of an adapter', () => {
  test('each have a name of their own', () => {
    const names = gatewayChecks({ dialect: charges, refunds, captures, connect: honest }).map(
      ({ name }) => name,
    );
    expect(names.length).toBeGreaterThan(400);
    expect(new Set(names).size).toBe(names.length);
  });

  test('are those of what the adapter declares', () => {
    const groups = (connect: (url: string) => Gateway) => [
      ...new Set(
        gatewayChecks({ dialect: charges, refunds, captures, connect }).map(
          ({ name }) => name.split(' > ')[0],
        ),
      ),
    ];
    const always = ['over http', 'over https', 'answers that do not count', 'charges'];
    expect(groups(chargesOnly)).toEqual(always);
    expect(groups(honest)).toEqual([...always, 'refunds', 'captures']);
  });

  test('need the dialect of each part that is declared', () => {
    expect(() => gatewayChecks({ dialect: charges, connect: honest })).toThrow(
      'The adapter declares refunds. Give gatewayChecks its dialect too: { refunds: … }.',
    );
  });

  test.each([
    [
      'takes a decline for no answer',
      'charges > a call that is answered > a decline of our charge is declined',
      { kind: 'unknown', answered: false, reason: 'no_answer' },
    ],
    [
      'takes every answer for an approval',
      'charges > a call that is answered > an approval of another amount is a mismatch, never an approval',
      { kind: 'approved', ref: 'ch_1' },
    ],
  ] as const)('find an adapter that %s', async (_what, name, outcome) => {
    const connect = (url: string): Gateway => ({ ...chargesOnly(url), call: async () => outcome });
    const check = gatewayChecks({ dialect: charges, connect }).find((one) => one.name === name);
    await expect(check?.run()).rejects.toThrow(AssertionError);
    const right = gatewayChecks({ dialect: charges, connect: chargesOnly }).find((one) => one.name === name);
    await right?.run();
  });

  test('do not ask for our words, unless it is wished', async () => {
    const connect = (url: string): Gateway => {
      const gateway = chargesOnly(url);
      return {
        ...gateway,
        call: async (...args) => {
          const outcome = await gateway.call(...args);
          return 'reason' in outcome ? { ...outcome, reason: 'our_own_word' } : outcome;
        },
      };
    };
    const name = 'charges > a call of which no byte was sent is refused > nobody listens';
    const [any, exact] = (['any', 'exact'] as const).map((reasons) =>
      gatewayChecks({ dialect: charges, reasons, connect }).find((check) => check.name === name),
    );
    await any?.run();
    await expect(exact?.run()).rejects.toThrow("reason: 'our_own_word'");
  });
});

describe('a collected check', () => {
  test('runs with what comes before and after it, also when it fails', async () => {
    const seen: string[] = [];
    const { checks, describe: group, test: check, beforeEach: first, afterEach: last } = collect();
    group('outer', () => {
      first(() => seen.push('outer before'));
      last(() => seen.push('outer after'));
      group('inner', () => {
        first(() => seen.push('inner before'));
        last(() => {
          seen.push('inner after');
          throw new Error('second');
        });
        check.each([['x', 1]] as const)('%s %i', () => {
          seen.push('check');
          throw new Error('first');
        });
      });
    });
    expect(checks.map(({ name }) => name)).toEqual(['outer > inner > x 1']);
    await expect(checks[0]?.run()).rejects.toThrow('first');
    expect(seen).toEqual(['outer before', 'inner before', 'check', 'inner after', 'outer after']);
  });

  test('says what was expected, and what there is', () => {
    const same = expecting('exact');
    const outcome = { kind: 'declined', ref: 'ch_1' };
    expect(() => same(outcome).toEqual({ kind: 'approved', ref: 'ch_1' })).toThrow(
      "It differs.\nexpected: { kind: 'approved', ref: 'ch_1' }\nactual:   { kind: 'declined', ref: 'ch_1' }",
    );
    expect(() => same(outcome).toEqual({ kind: 'declined' })).toThrow(AssertionError);
    expect(() => same([1]).toEqual([1, 2])).toThrow(AssertionError);
    same(outcome).toMatchObject({ kind: 'declined' });
    same({ ...outcome, code: undefined }).toEqual(outcome);
    expect(() => same(outcome).notToMatchObject({ kind: 'declined' })).toThrow(AssertionError);
  });
});

describe('a time limit that is ended', () => {
  const soon = async () => {};

  test('may be a signal', async () => {
    const aborted = () =>
      new Promise<string>((resolve) => {
        const signal = AbortSignal.timeout(HELD_MS);
        signal.addEventListener('abort', () => resolve(signal.reason.name));
      });
    expect(await outOfTime(soon, aborted)).toBe('TimeoutError');
  });

  test('must have been set', async () => {
    const { timeout } = AbortSignal;
    await expect(outOfTime(soon, () => new Promise(() => {}))).rejects.toThrow('No time limit of timeoutMs');
    expect(AbortSignal.timeout).toBe(timeout);
  });
});
