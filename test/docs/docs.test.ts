/** What the documents say must be what the code does. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { STATUS_MOVES } from '../../src/domain/charge.ts';
import { settingsTable } from '../support/settings-table.ts';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

it('the README lists every setting with its default', () => {
  const table = read('README.md').split('<!-- settings -->')[1]?.split('<!-- /settings -->')[0]?.trim();
  expect(table).toBe(settingsTable());
});

it('the drawing of the states has exactly the moves of the code', () => {
  const drawn = [...read('ARCHITECTURE.md').matchAll(/^ {2}([A-Z]+) --> ([A-Z]+)/gm)].map(
    ([, from, to]) => `${from} ${to}`,
  );
  const moves = Object.entries(STATUS_MOVES).flatMap(([from, list]) => list.map((to) => `${from} ${to}`));
  expect(drawn.sort()).toEqual(moves.sort());
});

it('every decision is listed, and every listed decision exists', () => {
  const listed = [...read('docs/decisions/README.md').matchAll(/\]\((\d{4}-[a-z-]+\.md)\)/g)].map(
    ([, file]) => file ?? '',
  );
  expect(listed.length).toBeGreaterThan(0);
  for (const file of listed)
    expect(read(`docs/decisions/${file}`)).toMatch(
      /^# \d+\. .*\n\n## Context\n[\s\S]*\n## Decision\n[\s\S]*\n## Consequences\n/,
    );
});
