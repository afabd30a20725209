/** The service as a process: configuration, logs, signals, exit codes. */
import cluster from 'node:cluster';
import { type Config, readConfig } from './config.ts';
import { beat } from './service/heartbeat.ts';
import { leaveOnSignal } from './service/leaving.ts';
import { createLog } from './service/log.ts';
import { type Service, startService } from './service/start.ts';
import type { WorkerReady } from './service/supervise.ts';
import { welcome } from './service/welcome.ts';
import { ownNumber, startWorkers } from './service/workers.ts';

async function main(): Promise<void> {
  // The reader of our output may go away. Without this listener, the next line would then end the process.
  process.stdout.on('error', () => {});
  const settings = readConfig();
  const config = process.argv.includes('--accept-gateway-change')
    ? { ...settings, GATEWAY_CHANGE: 'accept' as const }
    : settings;
  const log = createLog(config, ownNumber());
  if (cluster.isWorker) beat();
  const leaving = leaveOnSignal({
    onSignal: (signal, act) => void process.on(signal, act),
    exit: (code) => process.exit(code),
    after: (waitMs, work) => void setTimeout(work, waitMs).unref(),
    fail,
    log,
  });
  if (cluster.isPrimary && config.WORKERS > 1) {
    const workers = await startWorkers(config, log);
    leaving.running(workers);
    await workers.ready.then(
      (ready) => {
        if (!leaving.begun) sayWelcome(ready, config);
      },
      async (error: unknown) => {
        if (leaving.begun) return;
        await workers.stop();
        throw error;
      },
    );
    return;
  }
  const service = await startService(config, log, { role: cluster.isWorker ? 'worker' : 'alone' });
  leaving.running(service);
  if (!leaving.begun) sayReady(service, config);
}

/** A worker reports to the process that started it, which prints one welcome for all of them. */
function sayReady({ stop: _stop, ...ready }: Service, config: Config): void {
  if (cluster.isWorker) process.send?.(ready);
  else sayWelcome(ready, config);
}

function sayWelcome(ready: WorkerReady, { isSet, PORT }: Config): void {
  const isOther = !isSet('PORT') && new URL(ready.url).port !== String(PORT);
  process.stdout.write(welcome(ready, isOther ? PORT : null));
}

/** Shows the message of an error that a person can fix, and the stack of a bug in our code. */
function fail(error: unknown): void {
  const ours = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const words = error instanceof Error ? ((ours ? error.stack : undefined) ?? error.message) : String(error);
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

main().catch(fail);
