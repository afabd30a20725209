/** The fake gateway as its own process with its own ledger. Nothing that a run breaks may touch it. */
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
  /** Where it sends Stripe's events, and what signs them. Null: nowhere. */
  readonly stripeEvents: { readonly url: string; readonly secret: string } | null;
}

/** Its PostgreSQL may take 8 s to stop. */
const STOP_MS = 12_000;

export async function startGateway(options: GatewayOptions): Promise<FakeGateway> {
  const { guard, root, dataDir, seed, log, stripeEvents } = options;
  const cli = fileURLToPath(new URL('dist/cli.js', root));
  // As a Stripe it needs twenty statements for a request, which a busy machine cannot do in a call's time. Nothing restarts it.
  const ledger = stripeEvents === null ? ['--data-dir', dataDir] : ['--memory'];
  const events =
    stripeEvents === null
      ? []
      : ['--stripe-webhook-url', stripeEvents.url, '--stripe-webhook-secret', stripeEvents.secret];
  const { program, ready: url } = await startReady({
    guard,
    name: 'the fake gateway',
    args: [
      cli,
      'fake-gateway',
      '--port',
      '0',
      ...ledger,
      ...events,
      '--seed',
      String(seed),
      '--faults',
      '{}',
    ],
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
