/** Runs a few hundred seeds with the tests, so that the simulation checks every change to the engine at once. */
import { describe, expect, test } from 'vitest';
import { runBatch } from './batch.ts';

/** Mutation testing runs this once per mutant and asks for fewer. */
const SEEDS_PER_TEST = Number(process.env.SEEDS_PER_TEST ?? 40);
const FIRST_SEEDS = [1, 1001, 2001, 3001, 4001];

describe('the simulation finds nothing wrong', () => {
  test.each(FIRST_SEEDS)('from seed %i on', async (seed) => {
    const { failures, seeds } = await runBatch(seed, SEEDS_PER_TEST);
    expect(failures).toEqual([]);
    expect(seeds).toBe(SEEDS_PER_TEST);
  });
});
