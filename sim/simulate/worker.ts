/** Runs one core's share of the seeds. It is a child process of `pool.ts`, and ends with it. */
import { runBatch } from './batch.ts';

// Thousands of store errors are thrown on purpose, and nobody needs their stack traces.
Error.stackTraceLimit = 0;

process.on('message', ({ from, count }: { from: number; count: number }) => {
  void runBatch(from, count).then((batch) => process.send?.(batch));
});
process.on('disconnect', () => process.exit());
