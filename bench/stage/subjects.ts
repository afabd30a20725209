/** What is measured: Payonce, and what people use instead. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { stopProgram } from '../../sim/chaos/processes/program.ts';
import type { BenchDatabase } from './database.ts';
import type { Programs } from './programs.ts';

export interface Subject {
  readonly name: string;
  readonly url: string;
  /** Where orders go; may hold `{order_id}`. */
  readonly path: string;
  readonly pid: number;
  readonly databaseUrl: string;
  /** How it ended, where it has: `exit code 1`, `SIGSEGV`. Null while it runs. */
  ended(): string | null;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export interface SubjectOptions {
  readonly programs: Programs;
  readonly database: BenchDatabase;
  readonly gatewayUrl: string;
  /** The project's folder. */
  readonly root: string;
  /** For whatever a subject stores outside the database. */
  readonly folder: string;
  /** What it is called in the report, where one program stands there twice. Default: the program's name. */
  readonly name?: string;
  /** The address of the database whose payments it goes on with. Default: a new one. */
  readonly databaseUrl?: string;
  /** Further settings. `NODE_ARGS` are no setting but arguments of `node` itself, to try them out. */
  readonly env?: Readonly<Record<string, string>>;
}

export const PAYONCE = 'payonce';
/** As the service of another checkout is called in a report. */
export const OTHER = 'payonce-other';
/** As Payonce is called there if each of its requests brings an API key. */
export const KEYED = 'payonce-key';
export const PEERS = ['proxy', 'one-statement', 'dbos', 'restate', 'django'] as const;
export type Peer = (typeof PEERS)[number];

/** As `npm start` has them. Whatever runs on Node gains by room for young garbage, so the peers have it, too. */
const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=64'];

/** Where the servers of a peer lie. */
export const peerFolder = (root: string, peer: Peer): string => join(root, 'bench', 'peers', peer);

/** Starts Payonce as its users do, with its defaults but for the log: peers write none either. */
export async function startPayonce(options: SubjectOptions): Promise<Subject> {
  const { programs, database, gatewayUrl, root, name = PAYONCE } = options;
  const databaseUrl = options.databaseUrl ?? (await database.fresh(databaseName(name)));
  const { program, ready: url } = await programs.start({
    name,
    args: [...NODE_FLAGS, join(root, 'dist', 'main.js')],
    env: {
      DATABASE_URL: databaseUrl,
      GATEWAY_URL: gatewayUrl,
      GATEWAY_LIVEMODE: 'no',
      PORT: String(await programs.freePort()),
      LOG_LEVEL: 'warn',
      ...options.env,
    },
    ready: (said) => /takes payments at (\S+)/.exec(said)?.[1] ?? null,
  });
  return subject({ name, url, path: '/v1/payments', databaseUrl }, program);
}

/** Starts a peer by the contract of `peers/README.md`. */
export async function startPeer(peer: Peer, options: SubjectOptions): Promise<Subject> {
  const { programs, database, gatewayUrl, root, folder, name = peer } = options;
  const databaseUrl = options.databaseUrl ?? (await database.fresh(databaseName(name)));
  const dataDir = join(folder, name);
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  const { program, ready } = await programs.start({
    name,
    args: [...NODE_FLAGS, join(peerFolder(root, peer), 'server.mjs')],
    env: {
      DATABASE_URL: databaseUrl,
      GATEWAY_URL: gatewayUrl,
      DATA_DIR: dataDir,
      PORT: String(await programs.freePort()),
      ...options.env,
    },
    ready: (said) => {
      const line = /^\{"ready":true.*\}$/m.exec(said)?.[0];
      return line === undefined ? null : (JSON.parse(line) as { url: string; path: string });
    },
  });
  return subject({ name, url: ready.url, path: ready.path, databaseUrl }, program);
}

type Started = Awaited<ReturnType<Programs['start']>>['program'];

function subject(what: Pick<Subject, 'name' | 'url' | 'path' | 'databaseUrl'>, program: Started): Subject {
  let end: string | null = null;
  void program.exited.then(({ code, signal }) => {
    end = signal ?? `exit code ${code}`;
  });
  return {
    ...what,
    pid: program.pid,
    ended: () => end,
    async kill() {
      program.signal('SIGKILL');
      await program.exited;
    },
    stop: () => stopProgram(program),
  };
}

function databaseName(name: string): string {
  return `bench_${name.replaceAll(/[^a-z0-9]+/g, '_')}`;
}
