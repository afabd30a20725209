/**
 * Several processes on one port: this one starts them, starts again what dies, and ends them. It takes no payment
 * itself. The workers know nothing of each other; all that they share is the database, as replicas on several machines do.
 */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { Log } from '../ports/log.ts';
import { openDatabase } from './database.ts';
import { choosePort } from './listen.ts';

/** What a worker tells once it takes payments. */
export interface WorkerReady {
  readonly url: string;
  readonly gatewayUrl: string;
  /** Whether real money moves. */
  readonly livemode: boolean;
}

export interface Workers {
  /** Resolves with the address once all of them take payments; rejects if one ends before it did. */
  readonly ready: Promise<WorkerReady>;
  /** Tells all of them to drain; resolves when they and the embedded database have ended. Idempotent. */
  stop(): Promise<void>;
}

/** A worker that dies again and again must not keep a core busy with starting it. */
const START_AGAIN_MS = 1000;

/** Half a second before this process itself must be gone: met by a worker that hangs, and by a `DRAIN_MS` near its longest. */
const KILL_AFTER_MS = 14_000;

/** Garbage of a request dies young; with room for it, it costs less than half to collect. In MiB. */
const SEMI_SPACE = '--max-semi-space-size=64';

/** Starts `WORKERS` workers, and the embedded PostgreSQL that they share where no database is named. */
export async function startWorkers(config: Config, log: Log): Promise<Workers> {
  const port = await choosePort(config);
  const database = config.DATABASE_URL === null ? await openDatabase(config, log) : null;
  // A worker sees a DATABASE_URL even where the database is embedded, so it must not choose the gateway itself.
  const env = {
    DATABASE_URL: database?.url ?? config.DATABASE_URL,
    GATEWAY: config.GATEWAY,
    PORT: String(port),
  };
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('../main.js', import.meta.url)),
    args: [],
    execArgv: [...process.execArgv, SEMI_SPACE],
  });
  const running = new Set<Worker>();
  let stopped: Promise<void> | null = null;

  async function start(): Promise<WorkerReady> {
    const worker = cluster.fork(env);
    running.add(worker);
    return new Promise((resolve, reject) => {
      let isReady = false;
      // The machine has no process or no descriptor left for it; it may have later.
      worker.once('error', (error) => {
        running.delete(worker);
        reject(error);
      });
      worker.once('message', (message: WorkerReady) => {
        isReady = true;
        resolve(message);
      });
      worker.once('exit', (code, signal) => {
        running.delete(worker);
        const fields = { worker: worker.id, code, signal };
        if (stopped !== null) reject(new Error('The workers are being stopped.'));
        else if (!isReady) reject(new Error('A worker ended before it took payments; see above.'));
        else startAgain(fields);
      });
    });
  }

  function startAgain(fields: Record<string, unknown>): void {
    log.error(
      fields,
      'a worker died; what it held is taken up when its leases end, and another one is started',
    );
    setTimeout(() => {
      if (stopped !== null) return;
      start().catch((error: unknown) => {
        if (stopped === null) startAgain({ err: error });
      });
    }, START_AGAIN_MS);
  }

  async function end(): Promise<void> {
    const gone = [...running].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of running) worker.process.kill('SIGTERM');
    const hanging = setTimeout(() => {
      for (const worker of running) worker.process.kill('SIGKILL');
    }, KILL_AFTER_MS);
    await Promise.all(gone);
    clearTimeout(hanging);
    await database?.close();
  }

  const ready = Promise.all(Array.from({ length: config.WORKERS }, start)).then(
    ([first]) => first as WorkerReady,
  );
  // Whoever stops before they are ready does not ask any more.
  ready.catch(() => {});
  return {
    ready,
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}
