import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FAULTS, testName } from './catalogue.ts';
import { measuredBy, measuredIn, page } from './page.ts';

const HITS = { seeds: 2000, marks: { process_killed: 12_345 } };

test('docs/faults.md says what the catalogue says: all columns but the hits', () => {
  const text = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8');
  expect(text, 'run `node dist-sim/sim/scenarios/document.js`').toBe(page(measuredIn(text)));
});

test('hits are written, and kept when the page is made again without any', () => {
  const text = page(measuredBy(HITS));
  expect(text).toContain('`process_killed` 12,345');
  expect(text).toContain('The hits are those of a run of 2,000 seeds.');
  expect(page(measuredIn(text))).toBe(text);
});

test('every fault has one row of five columns', () => {
  const rows = page(measuredBy(HITS)).split('\n');
  for (const named of FAULTS) {
    const own = rows.filter((row) => row.startsWith(`| ${named.class} | ${named.fault} | `));
    expect(own, testName(named)).toHaveLength(1);
    expect(own[0]?.split(' | '), testName(named)).toHaveLength(5);
  }
});

test('a page that was never measured says so', () => {
  expect(page(measuredIn(''))).toContain('Not measured yet.');
});
