import pg from 'pg';
import type { Config } from '../config.ts';
import type { Log } from '../ports/log.ts';
import { startEmbedded } from './embedded.ts';

export interface Database {
  readonly url: string;
  /** Each part of the service has its own pool, so that none can take the connections of another. */
  openPool(options: { readonly name: string; readonly max: number }): pg.Pool;
  /** Ends the pools, and the embedded server if this process started it. */
  close(): Promise<void>;
}

/** At most one report in this time: a server that stops breaks the connections of all pools at once. */
const REPORT_EVERY_MS = 60_000;

/** The database that the configuration names, or an embedded PostgreSQL. */
export async function openDatabase(config: Config, log: Log): Promise<Database> {
  const embedded =
    config.DATABASE_URL === null
      ? await startEmbedded(
          {
            dataDir: config.DATA_DIR,
            log: (line) => log.info({ component: 'embedded-postgres' }, line),
          },
          'Set DATABASE_URL to a PostgreSQL of your own (14 or newer)',
        )
      : null;
  const url = embedded?.url ?? config.DATABASE_URL ?? '';
  const pools: pg.Pool[] = [];
  let reportAtMs = Number.NEGATIVE_INFINITY;
  return {
    url,
    openPool({ name, max }) {
      const pool = new pg.Pool({
        connectionString: url,
        max,
        application_name: name,
        connectionTimeoutMillis: config.DATABASE_TIMEOUT_MS,
        keepAlive: true,
        // The kernel's default is two hours. Until then, the pool would hand out idle connections whose other end is gone.
        keepAliveInitialDelayMillis: 30_000,
      });
      // Without a listener, this error would end the process. The next query opens a new connection.
      pool.on('error', (error) => {
        const nowMs = performance.now();
        if (nowMs < reportAtMs) return;
        reportAtMs = nowMs + REPORT_EVERY_MS;
        log.warn(
          { err: error, pool: name },
          'an idle database connection broke, and perhaps others with it; each is replaced when it is needed',
        );
      });
      pools.push(pool);
      return pool;
    },
    async close() {
      await Promise.all(pools.map((pool) => pool.end()));
      await embedded?.stop('fast');
    },
  };
}
