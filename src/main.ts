/** The service as a process: configuration, logs, signals, exit codes. */
import { readConfig } from './config.ts';
import { createLog } from './service/log.ts';
import { type Service, startService } from './service/start.ts';

/** A drain that hangs must not keep the process: what is left is recovered by its leases. */
const FORCED_EXIT_MS = 14_500;

async function main(): Promise<void> {
  // Whoever read our output may leave; that is no reason to stop taking payments.
  process.stdout.on('error', () => {});
  const config = readConfig();
  const log = createLog(config);
  const early = { stopped: false };
  let service: Service | null = null;
  const stop = (signal: NodeJS.Signals): void => {
    if (early.stopped) return;
    early.stopped = true;
    log.info({ signal }, 'draining');
    setTimeout(() => process.exit(1), FORCED_EXIT_MS).unref();
    if (service !== null) leave(service);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  service = await startService(config, log);
  if (early.stopped) leave(service);
  else process.stdout.write(welcome(service));
}

function leave(service: Service): void {
  service.stop().then(() => process.exit(0), fail);
}

function welcome({ url, gatewayUrl }: Service): string {
  return `
Payonce takes payments at ${url} (gateway: ${gatewayUrl})

  curl -i ${url}/v1/payments -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
       -d '{"order_id":"ORD123","amount":10000,"currency":"USD","method":"tok_visa"}'

`;
}

/** Errors that a person can mend are said in words; a mistake of ours keeps its stack. */
function fail(error: unknown): void {
  const ours = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  const words = error instanceof Error ? ((ours ? error.stack : undefined) ?? error.message) : String(error);
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

main().catch(fail);
