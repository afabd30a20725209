/** One run of the server process, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { EmbeddedPostgresError } from './errors.ts';
import type { LogFile } from './log-file.ts';
import { readText } from './processes.ts';
import type { Settings } from './settings.ts';
import { type ServerUser, spawnAs, TOOL_ENVIRONMENT } from './user.ts';
import { startWatchdog } from './watchdog.ts';

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  /** Resolves once the postmaster is gone, with how it ended. Never rejects. */
  readonly exited: Promise<string>;
  /** Whether `exited` has resolved. */
  hasExited(): boolean;
  signal(signal: NodeJS.Signals): void;
}

export interface LaunchOptions {
  readonly binaries: Binaries;
  readonly cluster: Cluster;
  readonly user: ServerUser;
  readonly settings: Settings;
  /** Added to the server's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: LogFile;
  readonly log: (line: string) => void;
  /** Aborts the start. */
  readonly signal: AbortSignal;
}

/** Another process may take a free port before the server does. That does not happen ten times in a row. */
const PORT_TRIES = 10;

/** Starts the server on a port that is free now. */
export async function launchOnFreePort(options: LaunchOptions): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      return await launch(options, port);
    } catch (error) {
      if (attempt === PORT_TRIES || !(error instanceof PortTakenError)) throw error;
    }
  }
}

class PortTakenError extends EmbeddedPostgresError {}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string')
    throw new Error('The embedded PostgreSQL was not started: the system gave it no free port on 127.0.0.1.');
  return address.port;
}

/** Starts the server and resolves once it takes connections. */
export async function launch(options: LaunchOptions, port: number): Promise<ServerProcess> {
  const logStart = options.logFile.size();
  const server = spawnWatched(options, port);
  try {
    await waitUntilReady(server, options);
    return server;
  } catch (error) {
    server.signal('SIGQUIT');
    const exit = await server.exited;
    if (error !== EXITED) throw error;
    throw explain(exit, options.logFile.tail(logStart, 20));
  }
}

/**
 * The process waits for a word on its input before it becomes the server. By then the watchdog knows its pid. If this process is killed
 * before that, the input ends without the word, and no server starts.
 */
const WAIT_FOR_WORD = 'IFS= read -r word && exec "$@" </dev/null';

function spawnServer(options: LaunchOptions, port: number): ChildProcess {
  const { binaries, cluster, user, settings, environment, logFile } = options;
  const all = { ...settings, port: String(port), hba_file: cluster.hbaFile };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = [binaries.postgres, '-D', cluster.dataFolder, ...flags];
  return spawn('/bin/sh', ['-c', WAIT_FOR_WORD, 'payonce-postgres', ...server], {
    ...spawnAs(user),
    cwd: cluster.dataFolder,
    env: { ...TOOL_ENVIRONMENT, ...environment },
    detached: true,
    stdio: ['pipe', logFile.descriptor, logFile.descriptor],
  });
}

function spawnWatched(options: LaunchOptions, port: number): ServerProcess {
  const watchdog = startWatchdog(options.cluster.dataFolder, options.user);
  const child = spawnServer(options, port);
  const input = child.stdin as Socket;
  let exit: string | undefined;
  const exited = new Promise<string>((resolve) => {
    const finish = (how: string) => {
      exit = how;
      void watchdog.dismiss().then(() => resolve(how));
    };
    child.once('error', (error) => finish(error.message));
    child.once('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
  });
  input.on('error', () => {}); // if the shell could not be started, its exit shows that
  if (child.pid !== undefined) watchdog.watch(child.pid);
  input.end('go\n');
  // A forgotten server must not keep this process alive. The watchdog then stops the server.
  child.unref();
  return {
    pid: child.pid ?? -1,
    port,
    exited,
    hasExited: () => exit !== undefined,
    signal: (signal) => {
      child.ref(); // after a signal, its end is waited for
      if (exit === undefined) child.kill(signal);
    },
  };
}

/** Marks a server that ended before it was ready. */
const EXITED = Symbol('exited');

/** Short compared with the start itself (50 ms). */
const POLL_MS = 15;

/** After a crash, replaying 4 GB of WAL may take minutes on a slow disk. A start that takes longer than this hangs. */
const START_TIMEOUT_MS = 10 * 60 * 1000;

/** A start that takes longer than this is logged. */
const PATIENCE_MS = 3_000;

async function waitUntilReady(server: ServerProcess, { cluster, signal, log }: LaunchOptions): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
    if (server.hasExited()) throw EXITED;
    if (isReady(cluster.dataFolder, server.pid)) return;
    if (waitedMs === PATIENCE_MS)
      log('PostgreSQL is still starting; after a crash it must recover first. Wait');
    await pause(POLL_MS, undefined, { signal });
  }
  throw new EmbeddedPostgresError(
    'start_failed',
    'The embedded PostgreSQL did not become ready in 10 minutes, so it was stopped. Look into postgres.log in its folder.',
  );
}

/** The postmaster writes its pid to the first line of this file and its state to the eighth; pg_ctl reads it the same way. */
function isReady(dataFolder: string, pid: number): boolean {
  const lines = readText(join(dataFolder, 'postmaster.pid'))?.split('\n') ?? [];
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}

function explain(exit: string, log: string): EmbeddedPostgresError {
  const ErrorType = /could not bind|Address already in use/.test(log)
    ? PortTakenError
    : EmbeddedPostgresError;
  return new ErrorType(
    'start_failed',
    `The embedded PostgreSQL was not started: it ended while it was starting (${exit}). Fix what its log says and start again:\n${log.replace(/^/gm, '  ')}`,
  );
}
