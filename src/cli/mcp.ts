/** `payonce mcp`: tools for agents, from an optional package. Standard output carries only the protocol. */
import { type Command, InvalidArgumentError } from 'commander';
import { createClient, type PayonceClient, PayonceInputError } from '../client/index.ts';
import { readServicePlace } from '../config.ts';

const PACKAGE = 'payonce-mcp';

/** What the package offers. It is built after this program, because it takes the client's declarations. */
interface McpPackage {
  serveMcp(options: {
    readonly client: PayonceClient;
    readonly version: string;
    readonly readOnly: boolean;
    readonly limits: ReadonlyMap<string, number> | null;
  }): Promise<void>;
}

interface McpFlags {
  readonly readOnly?: boolean;
  readonly maxAmount?: ReadonlyMap<string, number>;
}

/** A host gives a tool 60 seconds or more. Before they are over, the agent is told that the outcome is not known yet. */
const DEADLINE_MS = 30_000;

export function addMcpCommand(program: Command, version: string): void {
  program
    .command('mcp')
    .description(
      'serve tools for agents over standard input and output; PAYONCE_URL and PAYONCE_API_KEY name the running service (see docs/mcp.md)',
    )
    .option('--read-only', 'offer only the tools that change nothing')
    .option(
      '--max-amount <currency=minor>',
      'what one session may charge at most, in minor units, such as USD=50000; again for another currency. Other currencies are refused. Default: no limit',
      limit,
    )
    .action(async ({ readOnly = false, maxAmount }: McpFlags) => {
      const { serveMcp } = await load();
      await serveMcp({ client: openClient(), version, readOnly, limits: maxAmount ?? null });
    });
}

function openClient(): PayonceClient {
  try {
    return createClient({ ...readServicePlace(), deadlineMs: DEADLINE_MS });
  } catch (error) {
    if (!(error instanceof PayonceInputError)) throw error;
    throw new Error(
      `Nothing was started. PAYONCE_URL is the baseUrl, and PAYONCE_API_KEY the apiKey: ${error.message}`,
      { cause: error },
    );
  }
}

function limit(text: string, known: ReadonlyMap<string, number> = new Map()): ReadonlyMap<string, number> {
  const [, currency = '', amount = ''] = /^([A-Z]{3})=(\d{1,16})$/.exec(text) ?? [];
  if (currency === '' || !Number.isSafeInteger(Number(amount)))
    throw new InvalidArgumentError('It must be a currency and whole minor units, such as USD=50000.');
  if (known.has(currency)) throw new InvalidArgumentError(`There are two limits for ${currency}.`);
  return new Map([...known, [currency, Number(amount)]]);
}

function load(): Promise<McpPackage> {
  // As a string: its declarations are not there yet when this program is compiled.
  return import('payonce-mcp' as string).catch((error: NodeJS.ErrnoException) => {
    const isMissing =
      error.code === 'ERR_MODULE_NOT_FOUND' && error.message.startsWith(`Cannot find package '${PACKAGE}'`);
    if (!isMissing) throw error;
    throw new Error(
      `Nothing was started: the optional package ${PACKAGE}, which brings the tools for agents, is not installed. Install it beside payonce.`,
      { cause: error },
    );
  });
}
