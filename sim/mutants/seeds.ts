/**
 * The simulation as a judge uses it: seed after seed until one fails, without the story. Runs inside the copy, from
 * what was compiled there. `seeds.js <most>`, or `seeds.js =<seed>,<seed>…` for certain ones; prints one line of JSON.
 */
import { runBatch } from '../simulate/batch.ts';
import { MARKER, type SeedsRan } from './seeds-ran.ts';

/** The first failing seed ends the search; more than one at a time only saves calls. */
const SEEDS_AT_ONCE = 5;

const [what = ''] = process.argv.slice(2);
const ran = what.startsWith('=')
  ? await certain(what.slice(1).split(',').map(Number))
  : await upTo(Number(what));
process.stdout.write(`${MARKER}${JSON.stringify(ran)}\n`);

async function upTo(most: number): Promise<SeedsRan> {
  for (let seed = 1; seed <= most; seed += SEEDS_AT_ONCE) {
    const { failures } = await runBatch(seed, SEEDS_AT_ONCE);
    const [failure] = failures;
    if (failure !== undefined) return { seeds: failure.seed, failure };
  }
  return { seeds: most, failure: null };
}

async function certain(seeds: readonly number[]): Promise<SeedsRan> {
  for (const seed of seeds) {
    const [failure] = (await runBatch(seed, 1)).failures;
    if (failure !== undefined) return { seeds: seeds.length, failure };
  }
  return { seeds: seeds.length, failure: null };
}
