/** The service as a process: configuration, logs, signals, exit codes. */
import { pino } from 'pino';
import { ConfigError, readConfig } from './config.ts';
import { EmbeddedPostgresError } from './embedded-postgres/index.ts';
import { StoreError } from './ports/store.ts';
import { type Service, startService } from './service/start.ts';

/** A drain that hangs must not keep the process: what is left is recovered by its leases. */
const FORCED_EXIT_MS = 14_500;

async function main(): Promise<void> {
  const config = readConfig();
  const log = pino({ level: config.LOG_LEVEL, base: null });
  const early = { stopped: false };
  let service: Service | null = null;
  const stop = (signal: NodeJS.Signals): void => {
    if (early.stopped) return;
    early.stopped = true;
    log.info({ signal }, 'draining');
    setTimeout(() => process.exit(1), FORCED_EXIT_MS).unref();
    void service?.stop().then(() => exit(log, 0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  service = await startService(config, log);
  if (early.stopped) {
    await service.stop();
    exit(log, 0);
    return;
  }
  process.stdout.write(welcome(service));
}

function exit(log: { flush?: () => void }, code: number): void {
  log.flush?.();
  process.exit(code);
}

function welcome({ url, gatewayUrl }: Service): string {
  return `
Payonce takes payments at ${url} (gateway: ${gatewayUrl})

  curl -i ${url}/v1/payments -H 'Content-Type: application/json' -H 'Idempotency-Key: try-1' \\
       -d '{"order_id":"ORD123","amount":10000,"currency":"USD","method":"tok_visa"}'

`;
}

/** Errors that a person can mend are said in words; anything else keeps its stack. */
function describe(error: unknown): string {
  const known =
    error instanceof ConfigError || error instanceof EmbeddedPostgresError || error instanceof StoreError;
  if (error instanceof Error) return known ? error.message : (error.stack ?? error.message);
  return String(error);
}

main().catch((error: unknown) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(1);
});
