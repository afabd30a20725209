/** Runs one core's share of the seeds. It is a child process of `pool.ts`. */
import { doTasks } from '../cores/cores.ts';
import { runBatch } from './batch.ts';
import type { Share } from './pool.ts';

// Thousands of store errors are thrown on purpose, and nobody needs their stack traces.
Error.stackTraceLimit = 0;

doTasks(({ from, count }: Share) => runBatch(from, count));
