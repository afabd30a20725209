/** The client has a list of its own: it imports nothing. The list must be the server's, and do what the documentation says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { meaningOf, PROBLEM_CODES } from '../../src/client/problem-codes.ts';
import { PROBLEMS } from '../../src/domain/problems.ts';

/** The rows of the table: what did not happen, and what to do, by code. */
const rows = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, code, , , didNot = '', what = ''] = line
      .split(' | ')
      .flatMap((cell, n) => (n === 0 ? ['', cell.replace(/[|` ]/g, '')] : [cell]));
    return code !== undefined && code in PROBLEMS ? [{ code, didNot, what }] : [];
  });

const codesWhere = (isSo: (row: (typeof rows)[number]) => boolean) =>
  rows.filter(isSo).map(({ code }) => code);
const codesThatMean = (...meanings: string[]) =>
  PROBLEM_CODES.filter((code) => meanings.includes(meaningOf({ code, status: PROBLEMS[code].status })));

test('the client knows every code of the server, and no other', () => {
  expect([...PROBLEM_CODES].sort()).toEqual(Object.keys(PROBLEMS).sort());
  expect(rows.map(({ code }) => code)).toEqual(Object.keys(PROBLEMS));
});

test('it repeats exactly what the documentation says to repeat', () => {
  const repeated = codesWhere(({ what }) => /^Repeat\b(?!ing)|, repeat after|sends it again/.test(what));
  expect(codesThatMean('not_now', 'unknown')).toEqual(repeated);
});

test('it takes for unknown exactly what the documentation calls that', () => {
  expect(codesThatMean('unknown')).toEqual(codesWhere(({ didNot }) => didNot.startsWith('Not known')));
});
