/** One core's share of the seeds: a child process of `pool.ts`, which it does not outlive. */
import { runBatch } from './batch.ts';

// Thousands of store errors are thrown on purpose; nobody reads where.
Error.stackTraceLimit = 0;

process.on('message', ({ from, count }: { from: number; count: number }) => {
  void runBatch(from, count).then((batch) => process.send?.(batch));
});
process.on('disconnect', () => process.exit());
