/** A database of the test's own, with everything that a test of the PostgreSQL store needs; cleans up after itself. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Log } from '../../src/ports/log.ts';
import type { Store } from '../../src/ports/store.ts';
import { createPostgresStore } from '../../src/postgres/index.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { createDatabase } from '../support/database.ts';
import { addressOf, startTcpProxy, type TcpProxy, throughProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { openPool } from './harness.ts';

/** Never reached by what ends by itself. */
const PATIENCE_MS = 60_000;
const RETENTION_MS = 86_400_000;

export interface StoreOptions extends pg.PoolConfig {
  /** What the store is given as its time limit. */
  readonly timeoutMs?: number;
  /** Another way to the database. */
  readonly url?: string;
  readonly ownPool?: boolean;
  readonly storeLog?: Log;
}

export interface OpenStore {
  readonly store: Store;
  readonly pool: pg.Pool;
}

export interface Database {
  readonly url: string;
  /** A store with a pool of its own. */
  open(options?: StoreOptions): OpenStore;
  /** A connection of the test's own, for what happens without the store. */
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
    open({ timeoutMs = PATIENCE_MS, url: through = url, ownPool = false, storeLog, ...config } = {}) {
      const pool = openPool(through, config);
      onTestFinished(() => pool.end());
      const log = storeLog === undefined ? {} : { log: storeLog };
      const options = { pool, answerRetentionMs: RETENTION_MS, timeoutMs, ownPool, ...log };
      return { pool, store: createPostgresStore(options) };
    },
    async client(through = url) {
      const client = new pg.Client(through);
      client.on('error', () => {});
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    },
    async counts() {
      const tables = [
        'payments',
        'operations',
        'requests',
        'events',
        'evidence',
        'follow_ups',
        'follow_up_requests',
        'follow_up_events',
        'follow_up_evidence',
        'payment_sums',
        'wishes',
        'handles',
      ];
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

/** One store, with a database of its own. */
export async function openStore(
  options?: StoreOptions,
): Promise<OpenStore & { readonly database: Database }> {
  const database = await openDatabase();
  return { database, ...database.open(options) };
}

/** A role of the test's own that may only read all tables, so that changes to it touch no other test. */
export async function openRole(database: Database): Promise<{ role: string; url: string }> {
  const role = `payonce_test_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const admin = await database.client();
  await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  await admin.query(`GRANT USAGE ON SCHEMA payonce TO ${role}`);
  await admin.query(`GRANT SELECT ON ALL TABLES IN SCHEMA payonce TO ${role}`);
  onTestFinished(async () => {
    const last = await database.client();
    await last.query(`DROP OWNED BY ${role}`);
    await last.query(`DROP ROLE ${role}`);
  });
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  return { role, url: url.href };
}

export interface Logged {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Record<string, unknown>;
}

/** A log that is kept. */
export function openLog(): { readonly log: Log; readonly lines: readonly Logged[] } {
  const lines: Logged[] = [];
  const at = (level: Logged['level']) => (fields: Record<string, unknown>) =>
    void lines.push({ level, fields });
  return { log: { info: at('info'), warn: at('warn'), error: at('error') }, lines };
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

/** A piece of network before the database. */
export async function openProxy(database: Database): Promise<{ proxy: TcpProxy; url: string }> {
  const proxy = await startTcpProxy(addressOf(database.url));
  onTestFinished(() => proxy.close());
  return { proxy, url: throughProxy(database.url, proxy) };
}
