/** One durable PostgreSQL for all subjects, a database of its own for each. */
import type pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../packages/embedded-postgres/src/index.ts';
import { query } from '../../sim/chaos/processes/query.ts';

export interface BenchDatabase {
  /** Of the postmaster. */
  readonly pid: number;
  /** A new, empty database. */
  fresh(name: string): Promise<string>;
  /** The address of a database; another one after every restart. */
  urlOf(name: string): string;
  /** Runs one statement on a database. */
  query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]>;
  /** Where the write-ahead log has come to, in bytes. */
  walBytes(url: string): Promise<number>;
  /** Starts the server again, with other settings or with its defaults. No program may be using it. */
  restart(settings?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export async function startBenchDatabase(dataDir: string): Promise<BenchDatabase> {
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir });

  function urlOf(name: string): string {
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  return {
    get pid() {
      return server.pid;
    },
    query,
    urlOf,
    async fresh(name) {
      await query(server.url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await query(server.url, `CREATE DATABASE ${name}`);
      return urlOf(name);
    },
    async walBytes(url) {
      const rows = await query<{ at: string }>(
        url,
        `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS at`,
      );
      return Number(rows[0]?.at);
    },
    async restart(settings) {
      await server.stop('fast');
      server = await startEmbeddedPostgres({ dataDir, ...(settings === undefined ? {} : { settings }) });
    },
    stop: () => server.stop('fast'),
  };
}
