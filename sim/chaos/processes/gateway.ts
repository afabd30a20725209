/** The fake gateway as a process of its own, with a database of its own: nothing that is broken here may touch its books. */
import { fileURLToPath } from 'node:url';
import type { Address } from '../proxy/proxy.ts';
import type { Guard } from './guard.ts';
import { startProgram } from './program.ts';
import { waitFor, within } from './wait.ts';

export interface FakeGateway extends Address {
  readonly url: string;
  /** Replaces all faults; `{}` heals it. */
  setFaults(faults: object): Promise<void>;
  hasExited(): boolean;
  /** Waits for the end; its own PostgreSQL ends with it. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly guard: Guard;
  readonly root: string;
  readonly dataDir: string;
  readonly seed: number;
  readonly log: number;
}

/** initdb on a busy machine; an ordinary start takes two seconds. */
const START_MS = 60_000;
/** Its PostgreSQL may take 8 s to stop. */
const STOP_MS = 12_000;

export async function startGateway(options: GatewayOptions): Promise<FakeGateway> {
  const { guard, root, dataDir, seed, log } = options;
  let said = '';
  const cli = fileURLToPath(new URL('dist/cli.js', root));
  const program = startProgram({
    guard,
    args: [
      cli,
      'fake-gateway',
      '--port',
      '0',
      '--data-dir',
      dataDir,
      '--seed',
      String(seed),
      '--faults',
      '{}',
    ],
    env: {},
    log,
    onOutput: (text) => {
      said += text;
    },
  });
  const url = await waitFor({ what: 'the fake gateway', withinMs: START_MS }, () => {
    if (program.hasExited())
      throw new Error('The fake gateway ended while it was starting; see gateway.log.');
    return /listens at (\S+)/.exec(said)?.[1] ?? null;
  });
  const { hostname, port } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    url,
    async setFaults(faults) {
      const answer = await fetch(`${url}/_faults`, { method: 'PUT', body: JSON.stringify(faults) });
      if (!answer.ok) throw new Error(`The fake gateway refused the faults: ${await answer.text()}`);
    },
    hasExited: program.hasExited,
    async stop() {
      program.signal('SIGTERM');
      await within(STOP_MS, program.exited, null);
      program.signal('SIGKILL');
      await program.exited;
    },
  };
}
