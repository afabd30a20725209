/**
 * Keeps the server running until it is stopped. A postmaster that dies (killed by hand, or because memory ran out) is started again on the
 * same port. To clients, the database is away for a moment, which they must handle in any case.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type LaunchOptions, launch, type ServerProcess } from './launch.ts';
import { clearRecycledPidFile, stopOrphans } from './orphans.ts';

/** `fast` ends all sessions and leaves a clean cluster. `immediate` stops at once, and the next start recovers. */
export type StopMode = 'fast' | 'immediate';

export interface Supervisor {
  /** The process id of the current or last postmaster. */
  pid(): number;
  /** Resolves once no server is left. Idempotent. */
  stop(mode: StopMode): Promise<void>;
}

/** Watches `first` and every server after it. */
export function supervise(first: ServerProcess, options: Omit<LaunchOptions, 'signal'>): Supervisor {
  const stopping = new AbortController();
  const withSignal = { ...options, signal: stopping.signal };
  const { dataFolder } = options.cluster;
  let current = first;
  let stopped: Promise<void> | undefined;

  async function keepRunning(): Promise<void> {
    for (;;) {
      const exit = await current.exited;
      if (stopping.signal.aborted) return;
      options.log(`PostgreSQL has ended unexpectedly (${exit}); starting it again`);
      const next = await relaunch(first.port, withSignal);
      if (next === undefined) return;
      current = next;
    }
  }
  const running = keepRunning();

  async function stop(mode: StopMode): Promise<void> {
    stopping.abort();
    await terminate(current, mode);
    await running;
    // If it died just before, a new one may have become ready by now.
    await terminate(current, mode);
    await stopOrphans(dataFolder, options.log);
  }

  return {
    pid: () => current.pid,
    stop: (mode) => {
      stopped ??= stop(mode);
      return stopped;
    },
  };
}

/** At once, then less and less often: a reason such as a full disk rarely ends within a second. */
const RELAUNCH_DELAYS_MS = [0, 100, 500, 1_000, 2_000, 5_000] as const;

/** Starts a new server in place of a dead one, and tries until it succeeds. Undefined: it was stopped. */
async function relaunch(port: number, options: LaunchOptions): Promise<ServerProcess | undefined> {
  const { dataFolder } = options.cluster;
  for (let attempt = 0; !options.signal.aborted; attempt += 1) {
    try {
      await pause(RELAUNCH_DELAYS_MS[attempt] ?? 5_000, undefined, { signal: options.signal });
      await stopOrphans(dataFolder, options.log);
      clearRecycledPidFile(dataFolder);
      return await launch(options, port);
    } catch (error) {
      if (!options.signal.aborted) options.log((error as Error).message);
    }
  }
  return undefined;
}

/** How long to wait after each signal. Together with our own drain, they fit into the 15 s that a shutdown may take. */
const TERMINATION = {
  fast: [
    ['SIGINT', 5_000],
    ['SIGQUIT', 2_000],
    ['SIGKILL', 1_000],
  ],
  immediate: [
    ['SIGQUIT', 2_000],
    ['SIGKILL', 1_000],
  ],
} as const;

async function terminate(server: ServerProcess, mode: StopMode): Promise<void> {
  for (const [signal, waitMs] of TERMINATION[mode]) {
    if (server.hasExited()) return;
    server.signal(signal);
    const timeout = new AbortController();
    await Promise.race([server.exited, pause(waitMs, undefined, { signal: timeout.signal }).catch(() => {})]);
    timeout.abort();
  }
}
