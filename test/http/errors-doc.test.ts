import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../src/domain/problems.ts';
import { ADVICE } from '../../src/http/reference/advice.ts';

const text = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('docs/errors.md', () => {
  it('has exactly the codes of the catalogue, in its order, with their status and title', () => {
    expect(rows.map(([code, status, title]) => [code, status, title])).toEqual(
      Object.entries(PROBLEMS).map(([code, { status, title }]) => [`\`${code}\``, String(status), title]),
    );
  });

  it('says what the pages of the problems say', () => {
    expect(rows.map(([, , , happened, todo]) => ({ happened, todo }))).toEqual(Object.values(ADVICE));
  });

  it('says of each what did not happen and what to do', () => {
    for (const row of rows) {
      expect(row).toHaveLength(5);
      for (const cell of row) expect(cell).not.toBe('');
    }
  });
});
