/**
 * Several processes on one port: this one starts them, hands them connections, starts again what dies, and ends them. It takes
 * no payment itself. The workers know nothing of each other; all that they share is the database, as replicas on several
 * machines do.
 */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { Log } from '../ports/log.ts';
import { warnOfShortage } from './connection-budget.ts';
import { openDatabase } from './database.ts';
import { choosePort } from './listen.ts';
import { type Supervised, superviseWorkers, type WorkerProcess, type WorkerReady } from './supervise.ts';

/** Garbage of a request dies young; with room for it, it costs less than half to collect. In MiB. */
const SEMI_SPACE = '--max-semi-space-size=64';

/** Starts `WORKERS` workers, and the embedded PostgreSQL that they share where no database is named; `stop` ends that, too. */
export async function startWorkers(config: Config, log: Log): Promise<Supervised> {
  const port = await choosePort(config);
  const database = await openDatabase(config, log);
  await warnOfShortage(database.openPool({ name: 'payonce', max: 1 }), config, log);
  // A worker sees a DATABASE_URL even where the database is embedded, so it must not choose the gateway itself.
  const env = {
    DATABASE_URL: database.url,
    GATEWAY: config.GATEWAY,
    PORT: String(port),
  };
  // Said, because the environment could choose otherwise: decision 22.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('../main.js', import.meta.url)),
    args: [],
    execArgv: [...process.execArgv, SEMI_SPACE],
  });
  const workers = superviseWorkers({
    count: config.WORKERS,
    fork: () => asProcess(cluster.fork(env)),
    after(waitMs, work) {
      const timer = setTimeout(work, waitMs);
      return () => clearTimeout(timer);
    },
    log,
  });
  return {
    ready: workers.ready,
    async stop() {
      await workers.stop();
      await database.close();
    },
  };
}

function asProcess(worker: Worker): WorkerProcess {
  closeWhatItDidNotTake(worker);
  return {
    ready: new Promise((resolve) => worker.once('message', (message: WorkerReady) => resolve(message))),
    ended: new Promise((resolve) => {
      worker.once('exit', (code, signal) => resolve({ worker: worker.id, code, signal }));
      // Every error has a listener, but only that of a process that never was is an end: no process or no descriptor was left for it.
      worker.on('error', (error) => {
        if (worker.process.pid === undefined) resolve({ worker: worker.id, err: error });
      });
    }),
    kill: (signal) => void worker.process.kill(signal),
  };
}

/** What the cluster module sends with a connection. */
interface NewConnection {
  readonly act?: string;
  readonly seq?: number;
}

/**
 * A connection stays open here until its worker has said that it took it. If the worker dies before, Node forgets it without
 * closing it, and its client would wait for ever; so it is closed, and the client knows at once. There is at most one: a worker is
 * handed the next one when it has taken the last. `close` comes after the last word of a worker; `disconnect` does not come at
 * all while it owes one.
 */
function closeWhatItDidNotTake({ process: child }: Worker): void {
  const send = child.send.bind(child) as (message: NewConnection, ...rest: unknown[]) => boolean;
  let handed: { readonly seq: number | undefined; readonly connection: { close(): void } } | undefined;
  child.send = (message: NewConnection, ...rest: unknown[]) => {
    if (message.act === 'newconn') handed = { seq: message.seq, connection: rest[0] as { close(): void } };
    return send(message, ...rest);
  };
  child.on('internalMessage', ({ ack }: { readonly ack?: number }) => {
    if (ack === handed?.seq) handed = undefined;
  });
  child.once('close', () => handed?.connection.close());
}
