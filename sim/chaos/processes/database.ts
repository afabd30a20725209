/** The real PostgreSQL that is crashed and started again. */
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded-postgres/index.ts';
import type { Address } from '../proxy/proxy.ts';

export interface Database {
  /** Where it listens now; another port after every start. */
  address(): Address;
  /** The connection string with another server in its place. */
  urlThrough(address: Address): string;
  /** Every process of it just stops, as in a power failure; nothing is written any more. */
  crash(): Promise<void>;
  /** Starts it again on the same data: it has to recover. Resolves once it takes connections. */
  recover(): Promise<void>;
  stop(): Promise<void>;
}

export async function startDatabase(dataDir: string, log: (line: string) => void): Promise<Database> {
  let running: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, log });
  let stopped = false;
  /** One thing after the other: a stop during a start would leave a server behind. */
  let busy: Promise<void> = Promise.resolve();

  function next(work: () => Promise<void>): Promise<void> {
    const done = busy.then(() => (stopped ? undefined : work()));
    busy = done.catch(() => {});
    return done;
  }

  return {
    address: () => ({ host: '127.0.0.1', port: running.port }),
    urlThrough({ host, port }) {
      const url = new URL(running.url);
      url.hostname = host;
      url.port = String(port);
      return url.href;
    },
    crash: () => next(() => running.stop('immediate')),
    recover: () =>
      next(async () => {
        running = await startEmbeddedPostgres({ dataDir, log });
      }),
    stop: () =>
      next(() => {
        stopped = true;
        return running.stop('fast');
      }),
  };
}
