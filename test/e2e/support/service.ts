import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../../support/until.ts';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Pauses are short, so that a test sees in seconds what takes minutes in production. The time for an honest answer is not short, because
 * answers are slow on a busy machine.
 */
export const FAST = {
  CALL_TIMEOUT_MS: '10000',
  LEASE_MS: '11000',
  DATABASE_TIMEOUT_MS: '30000',
  WAIT_MS: '60000',
  SEED_WAIT_MS: '60000',
  BACKOFF_BASE_MS: '20',
  LOOKUP_BASE_MS: '50',
  LOOKUP_CAP_MS: '400',
  PENDING_POLL_MS: '50',
  SWEEP_MS: '50',
  FORBIDDEN_PAUSE_MS: '300',
  GATEWAY_LANDS_WITHIN_MS: '3000',
} as const;

/**
 * For tests of timeouts and of leases that end. Here an honest answer may come too late. So such a test must not count calls that it did
 * not cause itself.
 */
export const SHORT_CALLS = { CALL_TIMEOUT_MS: '2000', LEASE_MS: '3000' } as const;

export type Env = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The service, running as a real process. */
export interface Service {
  readonly url: string;
  readonly pid: number;
  /** Everything that it has printed and logged. */
  output(): string;
  running(): boolean;
  signal(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
  /** kill -9. */
  kill(): Promise<void>;
}

const children = new Set<ChildProcess>();
/** A test that fails may not reach its end. No service may outlive its test file. */
for (const end of ['exit', 'disconnect', 'SIGTERM'] as const) {
  process.once(end, () => {
    for (const child of children) child.kill('SIGKILL');
  });
}

export async function startService(env: Env, flags: readonly string[] = []): Promise<Service> {
  const child = spawn(process.execPath, [MAIN, ...flags], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'info', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const output = collect(child);
  // Waits for `close`, not `exit`: its last output may still be on the way at its exit.
  let closed = false;
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    closed = true;
    return { code, signal };
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  const address = () => /takes payments at (http:\S+)/.exec(output())?.[1];
  const url = await until(
    () => `the service to start; it said:\n${output()}`,
    () => {
      if (closed) throw new Error(`the service ended at start:\n${output()}`);
      return address();
    },
  );
  const ready = async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200;
  await until('the service to be ready', ready);
  return {
    url,
    pid: child.pid as number,
    output,
    running,
    ended,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += chunk));
  return () => text;
}
