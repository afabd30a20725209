/** The service as a process: configuration, logs, signals, exit codes. */
import cluster from 'node:cluster';
import { readConfig } from './config.ts';
import { beat } from './service/heartbeat.ts';
import { leaveOnSignal } from './service/leaving.ts';
import { createLog } from './service/log.ts';
import { type Service, startService } from './service/start.ts';
import type { WorkerReady } from './service/supervise.ts';
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
        if (!leaving.begun) sayWelcome(ready);
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
  if (!leaving.begun) sayReady(service);
}

/** A worker reports to the process that started it, which prints one welcome for all of them. */
function sayReady({ stop: _stop, ...ready }: Service): void {
  if (cluster.isWorker) process.send?.(ready);
  else sayWelcome(ready);
}

function sayWelcome(ready: WorkerReady): void {
  process.stdout.write(welcome(ready));
}

function welcome({ url, gatewayUrl, livemode, needsKey, isFake }: WorkerReady): string {
  const key = needsKey ? `       -H "Authorization: Bearer $PAYONCE_API_KEY" \\\n` : '';
  const begin = `\nPayonce takes payments at ${url} (gateway: ${gatewayUrl}${livemode ? '' : '; it moves no real money'})\n`;
  // Only the fake gateway takes this token. And nobody should be invited to move real money.
  if (!isFake) return `${begin}\n  What it takes: ${url}/reference\n\n`;
  return `${begin}
  curl -i ${url}/v1/payments -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
${key}       -d '{"order_id":"ORD123","amount":10000,"currency":"USD","method":"tok_visa"}'

`;
}

/** Shows the message of an error that a person can fix, and the stack of a bug in our code. */
function fail(error: unknown): void {
  const ours = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const words = error instanceof Error ? ((ours ? error.stack : undefined) ?? error.message) : String(error);
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

main().catch(fail);
