/**
 * Several processes on one port. This process starts them, hands them connections, restarts those that die, and ends them. It takes
 * no payment itself. The workers do not know each other. Like replicas on several machines, they share only the database.
 */
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { Log } from '../ports/log.ts';
import { warnOfShortage } from './connection-budget.ts';
import { openDatabase } from './database.ts';
import { BEAT } from './heartbeat.ts';
import { choosePort } from './listen.ts';
import { type Supervised, superviseWorkers, type WorkerProcess, type WorkerReady } from './supervise.ts';
import { withWebhookSecret } from './webhook-secret.ts';

/** In MiB. The garbage of a request is short-lived. With this much room, collecting it costs less than half. */
const SEMI_SPACE = '--max-semi-space-size=64';

/** A worker has a DATABASE_URL even if the database is embedded, so it must not choose the gateway itself. It reads GATEWAYS_FILE itself. */
function gatewayOf(config: Config): Record<string, string> {
  if (config.GATEWAYS_FILE !== '') return {};
  return {
    GATEWAY: config.GATEWAY,
    // Each mounts the fake gateway, and any of them may get its events.
    GATEWAY_WEBHOOK_SECRET: withWebhookSecret(config).GATEWAY_WEBHOOK_SECRET,
  };
}

/** Starts `WORKERS` workers. If no database is configured, it also starts the embedded PostgreSQL that they share; `stop` ends it, too. */
export async function startWorkers(config: Config, log: Log): Promise<Supervised> {
  const port = await choosePort(config);
  const database = await openDatabase(config, log);
  await warnOfShortage(database.openPool({ name: 'payonce', max: 1 }), config, log);
  const env = {
    DATABASE_URL: database.url,
    // A flag of this process is no flag of theirs.
    GATEWAY_CHANGE: config.GATEWAY_CHANGE,
    ...gatewayOf(config),
    PORT: String(port),
  };
  // Set here, because the environment could choose another policy: decision 22.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('../main.js', import.meta.url)),
    execArgv: [...process.execArgv, SEMI_SPACE],
  });
  const workers = superviseWorkers({
    count: config.WORKERS,
    fork(number) {
      // An argument and not a variable, so that the list of processes shows it, too.
      cluster.setupPrimary({ args: [String(number)] });
      return asProcess(number, cluster.fork(env));
    },
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

function asProcess(number: number, worker: Worker): WorkerProcess {
  closeWhatItDidNotTake(worker);
  // Its start counts as a sign of life.
  let heard = true;
  return {
    number,
    ready: new Promise((resolve) => {
      worker.on('message', (message: WorkerReady | typeof BEAT) => {
        heard = true;
        if (message !== BEAT) resolve(message);
      });
    }),
    heard() {
      const was = heard;
      heard = false;
      return was;
    },
    ended: new Promise((resolve) => {
      const { pid } = worker.process;
      worker.once('exit', (code, signal) => resolve({ worker: number, pid, code, signal }));
      // Without a pid the process never started: the machine had no process or descriptor left. Other errors do not end it.
      worker.on('error', (error) => {
        if (pid === undefined) resolve({ worker: number, err: error });
      });
    }),
    kill: (signal) => void worker.process.kill(signal),
  };
}

/** In a worker: its number, which is in each line of its log. Undefined in other processes. */
export function ownNumber(): number | undefined {
  return cluster.isWorker ? Number(process.argv[2]) : undefined;
}

/** What the cluster module sends with a connection. */
interface NewConnection {
  readonly act?: string;
  readonly seq?: number;
}

/**
 * A connection stays open here until its worker has confirmed that it took it. If the worker dies first, Node forgets the connection
 * without closing it, and its client would wait for ever. So it is closed here. There is at most one: a worker gets the next one
 * after it has taken the last. This listens for `close`, which comes after a worker's last message; `disconnect` does not come while a
 * confirmation is missing.
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
