/** The service as a process: configuration, logs, signals, exit codes. */
import cluster from 'node:cluster';
import { readConfig } from './config.ts';
import { createLog } from './service/log.ts';
import { type Service, startService } from './service/start.ts';
import type { WorkerReady } from './service/supervise.ts';
import { startWorkers } from './service/workers.ts';

/** A drain that hangs must not keep the process alive. Payments that are left are taken over when their leases end. */
const FORCED_EXIT_MS = 14_500;

async function main(): Promise<void> {
  // The reader of our output may go away; without this listener, the next line would end the process.
  process.stdout.on('error', () => {});
  const config = readConfig();
  const log = createLog(config);
  const early = { stopped: false };
  let running: { stop(): Promise<void> } | null = null;
  const stop = (signal: NodeJS.Signals): void => {
    if (early.stopped) return;
    early.stopped = true;
    log.info({ signal }, 'draining');
    setTimeout(() => process.exit(1), FORCED_EXIT_MS).unref();
    if (running !== null) leave(running);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (cluster.isPrimary && config.WORKERS > 1) {
    const workers = await startWorkers(config, log);
    running = workers;
    if (early.stopped) return leave(workers);
    await workers.ready.then(sayWelcome, async (error: unknown) => {
      if (early.stopped) return;
      await workers.stop();
      throw error;
    });
    return;
  }
  const service = await startService(config, log, { role: cluster.isWorker ? 'worker' : 'alone' });
  running = service;
  if (early.stopped) leave(service);
  else sayReady(service);
}

function leave(running: { stop(): Promise<void> }): void {
  running.stop().then(() => process.exit(0), fail);
}

/** A worker reports to the process that started it, which prints one welcome for all of them. */
function sayReady({ url, gatewayUrl, livemode }: Service): void {
  const ready: WorkerReady = { url, gatewayUrl, livemode };
  if (cluster.isWorker) process.send?.(ready);
  else sayWelcome(ready);
}

function sayWelcome(ready: WorkerReady): void {
  process.stdout.write(welcome(ready));
}

function welcome({ url, gatewayUrl, livemode }: WorkerReady): string {
  return `
Payonce takes payments at ${url} (gateway: ${gatewayUrl}${livemode ? '' : '; it moves no real money'})

  curl -i ${url}/v1/payments -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
       -d '{"order_id":"ORD123","amount":10000,"currency":"USD","method":"tok_visa"}'

`;
}

/** An error that a person can fix is shown by its message; a mistake in our code with its stack. */
function fail(error: unknown): void {
  const ours = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const words = error instanceof Error ? ((ours ? error.stack : undefined) ?? error.message) : String(error);
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

main().catch(fail);
