#!/usr/bin/env node
/** The `payonce` command: the service, the fake gateway on its own, the migrations, accounts with their keys, and tools for agents. */
import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import pg from 'pg';
import { addAccessCommands } from './cli/access-commands.ts';
import { addMcpCommand } from './cli/mcp.ts';
import { WrongUse } from './cli/wrong-use.ts';
import { databaseComplaint, readDatabaseUrl } from './config.ts';
import {
  createMemoryLedger,
  createPostgresLedger,
  DEMO_FAULTS,
  type Ledger,
  startFakeGateway,
} from './fake-gateway/index.ts';
import { inWords, migrate } from './postgres/index.ts';
import { startEmbedded } from './service/embedded.ts';
import { listenError } from './service/listen.ts';

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
  readonly stripe?: boolean;
  readonly stripeWebhookUrl?: string;
  readonly stripeWebhookSecret?: string;
}

/** The exit code of a wrong use, as shells have it; 1 is a failure. */
const WRONG_USE = 2;

const program = new Command('payonce')
  .description('Charges every order at most once, and always ends with a true answer.')
  .version(version)
  .showHelpAfterError('Nothing was started. "payonce --help" shows the commands and options.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USE));

program
  .command('start')
  .description('run the service; it is configured by the environment (see docs/configuration.md)')
  .option(
    '--accept-gateway-change',
    'start although the gateway has another address and payments are not settled there: it is the same gateway',
  )
  .action(async () => {
    await import('./main.ts');
  });

program
  .command('migrate')
  .description("bring the database in the environment's DATABASE_URL to this release's tables")
  .action(async () => {
    const pool = new pg.Pool({ connectionString: readDatabaseUrl(), max: 1 });
    await migrate(pool)
      .catch((error: unknown) => {
        throw new Error(`The database was not migrated. ${inWords(error)}`, { cause: error });
      })
      .finally(() => pool.end());
    process.stdout.write('The database is up to date.\n');
  });

program
  .command('fake-gateway')
  .description('run the fault-injecting fake gateway on its own')
  .option('--port <port>', 'port to listen on; 0: any', wholeNumber, 8001)
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option(
    '--database-url <url>',
    'keep the ledger in this PostgreSQL; default: an embedded one. Its password comes from PGPASSWORD in the environment',
    databaseUrl,
  )
  .addOption(
    new Option('--data-dir <folder>', 'folder of the embedded PostgreSQL')
      .default('./.payonce/fake-gateway')
      .conflicts('databaseUrl'),
  )
  .addOption(
    new Option(
      '--memory',
      'keep the ledger in memory: nothing is stored, and a restart forgets every charge',
    ).conflicts(['databaseUrl', 'dataDir']),
  )
  .option('--seed <n>', 'seed of all randomness', wholeNumber, 1)
  .option('--faults <json>', 'faults to begin with, as for PUT /_faults; default: those of the demo', json)
  .option('--webhook-url <url>', 'where to send webhooks; default: nowhere')
  .option('--webhook-secret <secret>', 'whsec_… that signs the webhooks')
  .option(
    '--stripe',
    "say how to point a library of Stripe's at it; it is always served, at /stripe/v1 and /v1",
  )
  .option('--stripe-webhook-url <url>', "where to send Stripe's webhooks; default: nowhere")
  .option('--stripe-webhook-secret <secret>', "the text that signs Stripe's webhooks")
  .action(runFakeGateway);

addAccessCommands(program);
addMcpCommand(program, version);

async function runFakeGateway(flags: FakeGatewayFlags): Promise<void> {
  const { port, host, seed } = flags;
  const webhook = webhookOf('--webhook', flags.webhookUrl, flags.webhookSecret);
  const stripeWebhook = webhookOf('--stripe-webhook', flags.stripeWebhookUrl, flags.stripeWebhookSecret);
  const { ledger, close } = await openLedger(flags);
  const webhooks = {
    ...(webhook === null ? {} : { webhook }),
    ...(stripeWebhook === null ? {} : { stripe: { webhook: stripeWebhook } }),
  };
  const faults = flags.faults ?? DEMO_FAULTS;
  const gateway = await startFakeGateway({ port, host, seed, ledger, faults, ...webhooks }).catch(
    async (error: unknown) => {
      await close();
      throw listenError(error, { host, port, hostName: '--host', portName: '--port' });
    },
  );
  const stop = async (): Promise<void> => {
    await gateway.close();
    await close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  // Last, because a program that reads this may send a signal at once.
  process.stdout.write(
    `The fake gateway listens at ${gateway.url}\n  its ledger: curl ${gateway.url}/_ledger\n  its faults: curl ${gateway.url}/_faults\n${flags.stripe === true ? stripeHelp(gateway.url) : ''}`,
  );
}

/** @param name of the two options, without their ends. */
function webhookOf(
  name: string,
  url: string | undefined,
  secret: string | undefined,
): { url: string; secret: string } | null {
  if (url !== undefined && secret !== undefined) return { url, secret };
  if (url === undefined && secret === undefined) return null;
  throw new Error(`Nothing was started. ${name}-url and ${name}-secret need each other: give both.`);
}

/** How to point Stripe's libraries at the gateway. */
function stripeHelp(url: string): string {
  const { hostname, port } = new URL(url);
  return `
As a Stripe, with any key that begins with sk_test_:
  host ${hostname}, port ${port}, protocol http; or the base address ${url}
  Node    new Stripe('sk_test_fake', { host: '${hostname}', port: ${port}, protocol: 'http' })
  Python  stripe.api_key, stripe.api_base = 'sk_test_fake', '${url}'
  PHP     new \\Stripe\\StripeClient(['api_key' => 'sk_test_fake', 'api_base' => '${url}'])
  Ruby    Stripe.api_key, Stripe.api_base = 'sk_test_fake', '${url}'
  Go      stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String("${url}")})
  curl    curl ${url}/v1/payment_intents -u sk_test_fake: -d amount=1000 -d currency=usd
`;
}

async function openLedger(flags: FakeGatewayFlags): Promise<{ ledger: Ledger; close: () => Promise<void> }> {
  if (flags.memory === true) return { ledger: createMemoryLedger(), close: async () => {} };
  const embedded =
    flags.databaseUrl === undefined
      ? await startEmbedded(
          { dataDir: flags.dataDir },
          'Name a PostgreSQL of your own with --database-url, or use --memory',
        )
      : null;
  const pool = new pg.Pool({ connectionString: embedded?.url ?? flags.databaseUrl, max: 8 });
  pool.on('error', (error) =>
    process.stderr.write(`An idle database connection broke, and will be replaced: ${error.message}\n`),
  );
  const close = async (): Promise<void> => {
    await pool.end();
    await embedded?.stop();
  };
  try {
    return { ledger: await createPostgresLedger(pool), close };
  } catch (error) {
    await close();
    throw new Error(`${inWords(error)}\nNothing was started.`, { cause: error });
  }
}

/** Refused with a password: everyone on the machine can read a command line (`ps`). No message repeats it. */
function databaseUrl(url: string): string {
  const problem = databaseFlagProblem(url);
  if (problem !== null) program.error(`error: option '--database-url' is invalid. It ${problem}`);
  return url;
}

function databaseFlagProblem(url: string): string | null {
  if (URL.canParse(url) && (new URL(url).password !== '' || new URL(url).searchParams.has('password')))
    return 'holds a password, and everyone on this machine can read a command line. Set PGPASSWORD in the environment instead.';
  return databaseComplaint(url);
}

/** Checked before help is shown: a script that misspells a command must not get exit code 0. */
function refuseUnknownCommand(words: readonly string[]): void {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const asked = first === 'help' ? second : first;
  const known = program.commands.map((command) => command.name());
  if (asked === undefined || asked === 'help' || known.includes(asked)) return;
  program.error(`error: there is no command '${asked}', only ${known.join(', ')}.`);
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

refuseUnknownCommand(process.argv.slice(2));
program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof WrongUse ? WRONG_USE : 1);
});
