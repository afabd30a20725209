/**
 * A contestant: one server with a gateway and a database of its own. Nobody else charges at its gateway, so the ledger can be
 * compared with the answers of this server alone.
 */
import { join } from 'node:path';
import type { Target } from '../load/connection.ts';
import { createRequestWriter, type RequestWriter } from '../load/requests.ts';
import { type BenchGateway, startBenchGateway } from './gateway.ts';
import { makeKey } from './key.ts';
import type { Stage } from './stage.ts';
import { PAYONCE, type Peer, type Subject, startPayonce, startPeer } from './subjects.ts';

export interface Contestant {
  /** As in the report. */
  readonly name: string;
  readonly program: typeof PAYONCE | Peer;
  readonly server: Subject;
  readonly gateway: BenchGateway;
  readonly target: Target;
  readonly write: RequestWriter;
  /** Ends both. */
  leave(): Promise<void>;
}

export interface EntryOptions {
  /** Default: the program's name. */
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly databaseUrl?: string;
  /** Where the service is taken from. Default: this project. */
  readonly root?: string;
  /** As for `PUT /_faults`. Default: none. */
  readonly faults?: object;
  /** Makes an API key, and sends it with each request. For Payonce only. Default: false. */
  readonly keyed?: boolean;
}

export async function enter(
  stage: Stage,
  program: Contestant['program'],
  options: EntryOptions = {},
): Promise<Contestant> {
  const gateway = await startBenchGateway(stage.programs, join(stage.root, 'dist', 'cli.js'));
  const { faults, keyed = false, ...rest } = options;
  if (faults !== undefined) await gateway.setFaults(faults);
  const server = await startServer(stage, program, gateway.url, rest);
  const { root, programs } = stage;
  const { databaseUrl } = server;
  const apiKey = keyed ? await makeKey(programs, { root, databaseUrl }) : null;
  return contestant(program, server, gateway, apiKey);
}

/** Starts the server of one whose server has ended again: same database, same gateway. */
export async function enterAgain(
  stage: Stage,
  before: Contestant,
  env: Readonly<Record<string, string>> = {},
): Promise<Contestant> {
  const { program, gateway, name } = before;
  const { databaseUrl } = before.server;
  const server = await startServer(stage, program, gateway.url, { name, env, databaseUrl });
  return contestant(program, server, gateway, null);
}

function startServer(
  stage: Stage,
  program: Contestant['program'],
  gatewayUrl: string,
  options: Omit<EntryOptions, 'faults' | 'keyed'>,
): Promise<Subject> {
  const { programs, database, root, folder } = stage;
  const all = { programs, database, root, folder, gatewayUrl, ...options };
  return program === PAYONCE ? startPayonce(all) : startPeer(program, all);
}

function contestant(
  program: Contestant['program'],
  server: Subject,
  gateway: BenchGateway,
  apiKey: string | null,
): Contestant {
  const { hostname, port } = new URL(server.url);
  return {
    name: server.name,
    program,
    server,
    gateway,
    target: { host: hostname, port: Number(port) },
    write: createRequestWriter(server.url, server.path, apiKey),
    async leave() {
      await server.stop();
      await gateway.stop();
    },
  };
}
