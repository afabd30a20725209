import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findPlace, sourcesIn } from './fragment.ts';
import { PLANTED } from './planted/index.ts';

const sources = sourcesIn(fileURLToPath(new URL('../../', import.meta.url)));

describe('planted bugs', () => {
  it('are enough to prove something', () => {
    expect(PLANTED.length).toBeGreaterThanOrEqual(48);
  });

  it('each have a name of their own', () => {
    expect(new Set(PLANTED.map(({ name }) => name)).size).toBe(PLANTED.length);
  });

  it.each(PLANTED)('“$name” still fits its file, in one place', ({ name, ...patch }) => {
    const { note } = findPlace(patch, sources);
    if (note !== null) process.stdout.write(`“${name}”: ${note}\n`);
    expect(patch.put).not.toBe(patch.find);
  });

  it.each(PLANTED.flatMap((bug) => ('tests' in bug ? [{ name: bug.name, ...bug.tests }] : [])))(
    '“$name” names tests by a valid pattern',
    ({ file, named }) => {
      expect(file).toMatch(/\.test\.ts$/);
      expect(() => new RegExp(named)).not.toThrow();
    },
  );
});
