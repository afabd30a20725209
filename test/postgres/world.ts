/** A database of one's own with everything that a test of the PostgreSQL store acts on; cleans up after itself. */
import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Store } from '../../src/ports/store.ts';
import { createPostgresStore } from '../../src/postgres/index.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { createDatabase } from '../support/database.ts';
import { addressOf, startTcpProxy, type TcpProxy, throughProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { openPool } from './harness.ts';

/** Never reached by what ends by itself. */
const PATIENCE_MS = 20_000;
const RETENTION_MS = 86_400_000;

export interface StoreOptions extends pg.PoolConfig {
  /** What the store is given as its time limit. */
  readonly timeoutMs?: number;
  /** Another way to the database. */
  readonly url?: string;
}

export interface OpenStore {
  readonly store: Store;
  readonly pool: pg.Pool;
}

export interface Database {
  readonly url: string;
  /** A store with a pool of its own. */
  open(options?: StoreOptions): OpenStore;
  /** A connection of one's own, for what happens behind the store's back. */
  client(url?: string): Promise<pg.Client>;
  /** Runs one statement on a connection of its own. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Rows in every table of ours. */
  counts(): Promise<Record<string, number>>;
  /** Resolves to a backend that waits for a lock in this database, once so many do. Default 1. */
  blocked(count?: number): Promise<number>;
}

/** Everything ends with the test: connections first, the database last. */
export async function openDatabase(): Promise<Database> {
  const { url, drop } = await createDatabase();
  onTestFinished(drop);
  const admin = openPool(url, { max: 2 });
  onTestFinished(() => admin.end());
  const query: Database['query'] = async (text, values = []) => (await admin.query(text, values)).rows;
  return {
    url,
    query,
    open({ timeoutMs = PATIENCE_MS, url: through = url, ...config } = {}) {
      const pool = openPool(through, config);
      onTestFinished(() => pool.end());
      return { pool, store: createPostgresStore({ pool, answerRetentionMs: RETENTION_MS, timeoutMs }) };
    },
    async client(through = url) {
      const client = new pg.Client(through);
      client.on('error', () => {});
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    },
    async counts() {
      const tables = ['payments', 'operations', 'requests', 'events', 'evidence'];
      const columns = tables.map((table) => `(SELECT count(*)::int FROM payonce.${table}) AS ${table}`);
      const [row = {}] = await query<Record<string, number>>(`SELECT ${columns.join()}`);
      return row;
    },
    blocked: (count = 1) =>
      until('a statement waits for a lock', async () => {
        const waiting = await query<{ pid: number }>(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length >= count ? waiting[0]?.pid : undefined;
      }),
  };
}

/** A database without any table of ours, as a new installation finds it. */
export async function openEmptyDatabase(): Promise<Database> {
  const database = await openDatabase();
  await database.query('DROP SCHEMA payonce CASCADE');
  return database;
}

/** Brings the database's tables up over a pool of its own. */
export async function migrateOver(url: string): Promise<void> {
  const pool = openPool(url, { max: 1 });
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
}

/** A stretch of network before the database. */
export async function openProxy(database: Database): Promise<{ proxy: TcpProxy; url: string }> {
  const proxy = await startTcpProxy(addressOf(database.url));
  onTestFinished(() => proxy.close());
  return { proxy, url: throughProxy(database.url, proxy) };
}
