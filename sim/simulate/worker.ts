/** One core's share of the seeds. */
import { parentPort } from 'node:worker_threads';
import { runBatch } from './batch.ts';

const port = parentPort;
if (port === null) throw new Error('This file is a worker thread; start `main.ts` instead.');
// Thousands of store errors are thrown on purpose; nobody reads where.
Error.stackTraceLimit = 0;

port.on('message', ({ from, count }: { from: number; count: number }) => {
  void runBatch(from, count).then((batch) => port.postMessage(batch));
});
