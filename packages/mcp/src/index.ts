/** Payonce's tools for agents, spoken over standard input and output. The `payonce mcp` command is its only user. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { PayonceClient } from 'payonce/client';
import { createBudget, type Limits } from './budget.ts';
import { createMcpServer } from './server.ts';

export type { Limits } from './budget.ts';

/** What the tools work with. */
export interface McpOptions {
  /** Speaks with the running Payonce. */
  readonly client: PayonceClient;
  /** Shown to the agent's host as the version of the server. */
  readonly version: string;
  /** Offers only the tools that change nothing. Default: no. */
  readonly readOnly?: boolean;
  /** What one session may charge. Default: no limit. */
  readonly limits?: Limits | null;
}

/**
 * Serves one session: resolves when its host has closed it. Standard output carries only the protocol. A call that is under way then goes on
 * at the service, and ends truthfully there.
 */
export async function serveMcp({
  client,
  version,
  readOnly = false,
  limits = null,
}: McpOptions): Promise<void> {
  const server = createMcpServer({ client, version, readOnly, budget: createBudget(limits) });
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  // The SDK does not notice when its host goes away.
  process.stdin.once('end', () => void server.close());
  await server.connect(new StdioServerTransport());
  await closed;
}
