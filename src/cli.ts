#!/usr/bin/env node
/** `payonce`: the service, the fake gateway on its own, and the migrations, from one command. */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded-postgres/index.ts';
import {
  createMemoryLedger,
  createPostgresLedger,
  DEMO_FAULTS,
  type Ledger,
  startFakeGateway,
} from './fake-gateway/index.ts';
import { migrate } from './postgres/index.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

interface FakeGatewayFlags {
  readonly port: number;
  readonly host: string;
  readonly databaseUrl?: string;
  readonly dataDir: string;
  readonly memory?: boolean;
  readonly seed: number;
  readonly faults?: unknown;
  readonly webhookUrl?: string;
  readonly webhookSecret?: string;
}

const program = new Command('payonce')
  .description('Charges every order at most once, and always ends with a true answer.')
  .version(version);

program
  .command('start')
  .description('run the service; it is configured by the environment (see the README)')
  .action(async () => {
    await import('./main.ts');
  });

program
  .command('migrate')
  .description("bring a database to this release's tables")
  .requiredOption('--database-url <url>', 'PostgreSQL 14 or newer')
  .action(async ({ databaseUrl }: { databaseUrl: string }) => {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
    await migrate(pool).finally(() => pool.end());
    process.stdout.write('The database is up to date.\n');
  });

program
  .command('fake-gateway')
  .description('run the fault-injecting fake gateway on its own')
  .option('--port <port>', 'port to listen on; 0: any', wholeNumber, 8001)
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option('--database-url <url>', 'keep the ledger in this PostgreSQL; default: an embedded one')
  .option('--data-dir <folder>', 'folder of the embedded PostgreSQL', './.payonce/fake-gateway')
  .option('--memory', 'keep the ledger in memory: nothing is stored, and a restart forgets every charge')
  .option('--seed <n>', 'seed of all randomness', wholeNumber, 1)
  .option('--faults <json>', 'faults to begin with, as for PUT /_faults; default: those of the demo', json)
  .option('--webhook-url <url>', 'where to send webhooks; default: nowhere')
  .option('--webhook-secret <secret>', 'whsec_… with which they are signed')
  .action(runFakeGateway);

async function runFakeGateway(flags: FakeGatewayFlags): Promise<void> {
  const { port, host, seed, webhookUrl, webhookSecret } = flags;
  if ((webhookUrl === undefined) !== (webhookSecret === undefined)) {
    throw new Error('--webhook-url and --webhook-secret go together; nothing was started.');
  }
  const { ledger, close } = await openLedger(flags);
  const webhook =
    webhookUrl === undefined || webhookSecret === undefined
      ? {}
      : { webhook: { url: webhookUrl, secret: webhookSecret } };
  const faults = flags.faults ?? DEMO_FAULTS;
  const gateway = await startFakeGateway({ port, host, seed, ledger, faults, ...webhook });
  process.stdout.write(
    `The fake gateway listens at ${gateway.url}\n  its ledger: curl ${gateway.url}/_ledger\n  its faults: curl ${gateway.url}/_faults\n`,
  );
  const stop = async (): Promise<void> => {
    await gateway.close();
    await close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
}

async function openLedger(flags: FakeGatewayFlags): Promise<{ ledger: Ledger; close: () => Promise<void> }> {
  if (flags.memory === true) return { ledger: createMemoryLedger(), close: async () => {} };
  const embedded =
    flags.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: flags.dataDir }) : null;
  const pool = new pg.Pool({ connectionString: embedded?.url ?? flags.databaseUrl, max: 8 });
  pool.on('error', (error) => process.stderr.write(`A database connection broke: ${error.message}\n`));
  return {
    ledger: await createPostgresLedger(pool),
    close: async () => {
      await pool.end();
      await embedded?.stop();
    },
  };
}

function wholeNumber(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It must be JSON.');
  }
}

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
