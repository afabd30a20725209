import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PLANTED } from './planted/index.ts';
import { occurrences } from './tree.ts';

const root = new URL('../../', import.meta.url);

describe('planted bugs', () => {
  it('are enough to prove something', () => {
    expect(PLANTED.length).toBeGreaterThanOrEqual(48);
  });

  it('each have a name of their own', () => {
    expect(new Set(PLANTED.map(({ name }) => name)).size).toBe(PLANTED.length);
  });

  it.each(PLANTED)('“$name” still fits its file, in one place', ({ file, find, put }) => {
    const text = readFileSync(new URL(file, root), 'utf8');
    expect(occurrences(text, find)).toBe(1);
    expect(put).not.toBe(find);
  });

  it.each(PLANTED.flatMap((bug) => ('tests' in bug ? [{ name: bug.name, ...bug.tests }] : [])))(
    '“$name” names tests by a valid pattern',
    ({ file, named }) => {
      expect(file).toMatch(/\.test\.ts$/);
      expect(() => new RegExp(named)).not.toThrow();
    },
  );
});
