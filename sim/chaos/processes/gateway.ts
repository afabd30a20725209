/** The fake gateway as its own process with its own database. Nothing that a run breaks may touch its ledger. */
import { fileURLToPath } from 'node:url';
import type { Address } from '../proxy/proxy.ts';
import type { Guard } from './guard.ts';
import { startReady, stopProgram } from './program.ts';

export interface FakeGateway extends Address {
  readonly url: string;
  /** Replaces all faults. `{}` ends them. */
  setFaults(faults: object): Promise<void>;
  hasExited(): boolean;
  /** Stops it and waits for its end. Its own PostgreSQL ends with it. */
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly guard: Guard;
  readonly root: string;
  readonly dataDir: string;
  readonly seed: number;
  readonly log: number;
}

/** Its PostgreSQL may take 8 s to stop. */
const STOP_MS = 12_000;

export async function startGateway(options: GatewayOptions): Promise<FakeGateway> {
  const { guard, root, dataDir, seed, log } = options;
  const cli = fileURLToPath(new URL('dist/cli.js', root));
  const place = ['--port', '0', '--data-dir', dataDir];
  const { program, ready: url } = await startReady({
    guard,
    name: 'the fake gateway',
    args: [cli, 'fake-gateway', ...place, '--seed', String(seed), '--faults', '{}'],
    env: {},
    log,
    ready: (said) => /listens at (\S+)/.exec(said)?.[1] ?? null,
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
    stop: () => stopProgram(program, STOP_MS),
  };
}
