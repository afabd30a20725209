/** The tools for agents as an agent has them: the command, spoken to by the client of the official SDK. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { onTestFinished } from 'vitest';
import type { Env } from './service.ts';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface Told {
  readonly isError: boolean;
  /** What the tool says, as it fits the schema that it publishes: the client of the SDK refuses anything else. */
  readonly says: Record<string, unknown>;
}

export interface Tools {
  readonly client: Client;
  readonly pid: number;
  call(name: string, args?: Record<string, unknown>): Promise<Told>;
  /** All that it has written to standard error. */
  errors(): string;
}

/** One session. It ends with its test. */
export async function openTools(url: string, flags: readonly string[] = [], env: Env = {}): Promise<Tools> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [CLI, 'mcp', ...flags],
    env: { PATH: process.env.PATH ?? '', PAYONCE_URL: url, ...env },
    stderr: 'pipe',
  });
  let errors = '';
  transport.stderr?.on('data', (chunk) => (errors += chunk));
  const client = new Client({ name: 'a test', version: '1' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  // The client checks results only of tools that it has seen.
  await client.listTools();
  return {
    client,
    pid: transport.pid as number,
    errors: () => errors,
    async call(name, args = {}) {
      const { structuredContent, content, isError } = await client.callTool({ name, arguments: args });
      const says = structuredContent as Record<string, unknown>;
      const [text] = content as readonly { readonly text: string }[];
      // Hosts without structured content must get all of it, too.
      if (JSON.stringify(says) !== text?.text)
        throw new Error(`It says two things: ${JSON.stringify(content)}`);
      return { isError: isError === true, says };
    },
  };
}

/** Runs the command without a host, and waits for its end. */
export function endOf(
  flags: readonly string[],
  env: Env,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, 'mcp', ...flags], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
