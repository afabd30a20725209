/** All cores at work on one row of seeds. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { addBatch, type Batch, emptyBatch } from './batch.ts';

export interface PoolOptions {
  readonly fromSeed: number;
  readonly seeds: number;
  /** Stops soon after so many failures. */
  readonly maxFailures: number;
  readonly onProgress: (sum: Batch) => void;
}

/** Small enough that the end does not wait for one core, large enough that messages cost nothing. */
const SEEDS_PER_MESSAGE = 40;

export async function runPool(options: PoolOptions): Promise<Batch> {
  const sum = emptyBatch();
  const endSeed = options.fromSeed + options.seeds;
  let nextSeed = options.fromSeed;

  async function work(): Promise<void> {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      // A run's garbage dies young, if it is given room for that.
      resourceLimits: { maxYoungGenerationSizeMb: 64 },
    });
    try {
      while (nextSeed < endSeed && sum.failures.length < options.maxFailures) {
        const from = nextSeed;
        const count = Math.min(SEEDS_PER_MESSAGE, endSeed - from);
        nextSeed += count;
        addBatch(sum, await ask(worker, { from, count }));
        options.onProgress(sum);
      }
    } finally {
      await worker.terminate();
    }
  }

  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return sum;
}

function ask(worker: Worker, message: { from: number; count: number }): Promise<Batch> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown): void => reject(error);
    worker.once('error', failed);
    worker.once('message', (batch: Batch) => {
      worker.off('error', failed);
      resolve(batch);
    });
    worker.postMessage(message);
  });
}
