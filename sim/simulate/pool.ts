/** Runs one range of seeds on all cores. */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { addBatch, type Batch, emptyBatch } from './batch.ts';

export interface PoolOptions {
  readonly fromSeed: number;
  readonly seeds: number;
  /** Stops soon after this many failures. */
  readonly maxFailures: number;
  readonly onProgress: (sum: Batch) => void;
}

/** Small enough that the end does not wait for one core, large enough that messages cost nothing. */
const SEEDS_PER_MESSAGE = 40;

/**
 * With enough room, a run's garbage dies young. And every core already runs seeds. Helper threads of the garbage collector
 * would only compete with them, which costs a quarter of the speed.
 */
const WORKER_FLAGS = ['--max-semi-space-size=32', '--single-threaded-gc'];

export async function runPool(options: PoolOptions): Promise<Batch> {
  const sum = emptyBatch();
  const endSeed = options.fromSeed + options.seeds;
  let nextSeed = options.fromSeed;

  async function work(): Promise<void> {
    const worker = fork(new URL('./worker.js', import.meta.url), [], { execArgv: WORKER_FLAGS });
    try {
      while (nextSeed < endSeed && sum.failures.length < options.maxFailures) {
        const from = nextSeed;
        const count = Math.min(SEEDS_PER_MESSAGE, endSeed - from);
        nextSeed += count;
        addBatch(sum, await ask(worker, { from, count }));
        options.onProgress(sum);
      }
    } finally {
      worker.kill();
    }
  }

  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return sum;
}

function ask(worker: ChildProcess, message: { from: number; count: number }): Promise<Batch> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null): void =>
      reject(new Error(`The seeds from ${message.from} on ended their process, with exit code ${code}.`));
    worker.once('exit', died);
    worker.once('message', (batch: Batch) => {
      worker.off('exit', died);
      resolve(batch);
    });
    worker.send(message);
  });
}
