import { describe, expect, test } from 'vitest';
import { brokenWorkloads, falseAnswers, merge, type Run } from '../results.ts';
import { markdown, targetTable } from './markdown.ts';
import { milliseconds, ratio, statuses, table, whole } from './tables.ts';

describe('a table', () => {
  test('has a line for its head, one of rules, and one for each row, all of one width', () => {
    const lines = table(
      ['name', 'n'],
      [
        ['a', 1],
        ['b|c', null],
      ],
    );
    expect(lines).toEqual(['| name | n |', '|---|---:|', '| a | 1 |', '| b\\|c | – |']);
  });
});

test('numbers are written as people read them', () => {
  expect([whole(12345.6), whole(null)]).toEqual(['12,346', null]);
  expect([ratio(0.456), ratio(null)]).toEqual(['0.46', null]);
  expect([0.123, 12.34, 1234.5, null].map(milliseconds)).toEqual(['0.12', '12.3', '1,235', null]);
  expect(statuses({ 201: 1000, 0: 2 })).toBe('broken: 2, 201: 1,000');
});

test('a target that was missed stands out, and one that was not measured says so', () => {
  const target = { what: 'x', wanted: '≥ 1 × y', unit: ' × y' };
  expect(
    targetTable([
      { ...target, measured: 0.5, verdict: 'missed' },
      { ...target, measured: null, verdict: 'not measured' },
    ]).slice(2),
  ).toEqual(['| x | ≥ 1 × y | 0.50 × y | **missed** |', '| x | ≥ 1 × y | – | not measured |']);
});

const run: Run = {
  date: '2026-01-31',
  quick: true,
  machine: {
    payonce: '0.1.0',
    commit: 'abc',
    processors: '2 × any',
    memoryGib: 8,
    system: 'Linux',
    node: 'v20',
    postgres: '18',
    durability: { fsync: 'on' },
    fdatasyncMs: 1,
    loadBefore: 0,
    peers: { proxy: 'fastify 5' },
  },
  results: {},
  skipped: [{ peer: 'django', reason: 'Missing Debian packages' }],
  measured: {
    new: {
      at: '2026-01-31T00:00:00Z',
      commit: 'abc',
      seconds: 3,
      found: { ours: ['payonce, new: 1 order was charged more than once'], peers: [], notes: ['a note'] },
      broken: null,
    },
    old: {
      at: '2026-01-31T00:01:00Z',
      commit: 'abc',
      seconds: 1,
      found: { ours: [], peers: [], notes: [] },
      broken: 'no room',
    },
  },
};

describe('the page', () => {
  const page = markdown(run, [{ file: 'a.svg', alt: 'A picture' }]);

  test('begins with what was false', () => {
    expect(page.indexOf('charged more than once')).toBeLessThan(page.indexOf('## Targets'));
  });

  test('says what is missing, and why', () => {
    expect(page).toContain('django was not measured: Missing Debian packages');
    expect(page).toContain('“old” could not be measured: no room');
    expect(page).toContain('- a note');
  });

  test('names the machine and the versions, and shows the pictures', () => {
    expect(page).toContain('| processors | 2 × any |');
    expect(page).toContain('| proxy | fastify 5 |');
    expect(page).toContain('![A picture](a.svg)');
  });
});

describe('a report that is added to', () => {
  const later: Run = {
    ...run,
    skipped: [{ peer: 'dbos', reason: 'no network' }],
    results: { replay: [] },
    measured: {
      old: {
        at: '2026-02-01T00:00:00Z',
        commit: 'def',
        seconds: 9,
        found: { ours: [], peers: [], notes: [] },
        broken: null,
      },
    },
  };
  const before: Run = { ...run, results: { new: [], mixed: [] } };
  const merged = merge(before, later);

  test('has each workload as it was measured last', () => {
    expect(merged.measured.old).toMatchObject({ commit: 'def', broken: null });
    expect(merged.measured.new).toMatchObject({ commit: 'abc' });
    expect(Object.keys(merged.results)).toEqual(['new', 'mixed', 'replay']);
    expect(brokenWorkloads(merged)).toEqual([]);
  });

  test('keeps what was false, and what was left out', () => {
    expect(falseAnswers(merged)).toHaveLength(1);
    expect(merged.skipped.map(({ peer }) => peer)).toEqual(['django', 'dbos']);
  });

  test('loses the result of a workload that is broken now', () => {
    const results = { old: { rows: 1, gigabytes: 1, fillSeconds: 1, windows: [] } };
    expect(merge({ ...before, results }, later).results).not.toHaveProperty('old');
  });
});
