/** Runs one range of seeds on all cores. */
import { onAllCores } from '../cores/cores.ts';
import { addBatch, type Batch, emptyBatch } from './batch.ts';

/** A part of the range. */
export interface Share {
  readonly from: number;
  readonly count: number;
}

export interface PoolOptions {
  readonly fromSeed: number;
  readonly seeds: number;
  /** Stops soon after this many failures. */
  readonly maxFailures: number;
  readonly onProgress: (sum: Batch) => void;
}

/** Small enough that the end does not wait for one core, large enough that messages cost nothing. */
const SEEDS_PER_SHARE = 40;

export async function runPool({ fromSeed, seeds, maxFailures, onProgress }: PoolOptions): Promise<Batch> {
  const sum = emptyBatch();
  const endSeed = fromSeed + seeds;

  function* shares(): Iterable<Share> {
    for (let from = fromSeed; from < endSeed && sum.failures.length < maxFailures; from += SEEDS_PER_SHARE)
      yield { from, count: Math.min(SEEDS_PER_SHARE, endSeed - from) };
  }

  await onAllCores<Share, Batch>(new URL('./worker.js', import.meta.url), shares(), (batch) => {
    addBatch(sum, batch);
    onProgress(sum);
  });
  return sum;
}
