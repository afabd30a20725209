/** The store's suite on PostgreSQL: one database for the whole suite, emptied for every test. */
import pg from 'pg';
import { createPostgresStore } from '../../src/postgres/index.ts';
import type { StoreHarness } from '../suites/store.suite.ts';

/** Every stored time; the harness lets time pass by moving them all back. */
const TIMES: Readonly<Record<string, readonly string[]>> = {
  payments: ['doubt_until', 'first_sent_at', 'unresolved_since', 'due_at', 'created_at', 'updated_at'],
  operations: ['opened_at', 'settled_at'],
  requests: ['created_at'],
  events: ['at'],
  evidence: ['at'],
};

/** A pool whose broken idle connections end no process. */
export function openPool(url: string, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, ...options });
  pool.on('error', () => {});
  return pool;
}

/** Two pools at `url` stand for two processes; `adminUrl` reaches the same database directly. */
export async function createPostgresHarness(urls: {
  readonly url: string;
  readonly adminUrl: string;
  /** Called last. */
  readonly close: () => Promise<void>;
}): Promise<StoreHarness> {
  const admin = openPool(urls.adminUrl, { max: 1 });
  const pools = [openPool(urls.url, { max: 5 }), openPool(urls.url, { max: 5 })] as const;
  return {
    async fresh({ retentionMs }) {
      await admin.query(`TRUNCATE ${Object.keys(TIMES).map((table) => `payonce.${table}`)}`);
      const [store, other] = pools.map((pool) =>
        createPostgresStore({ pool, answerRetentionMs: retentionMs }),
      );
      if (store === undefined || other === undefined) throw new Error('There are two pools.');
      return { store, other };
    },
    async advanceClock(ms) {
      for (const [table, columns] of Object.entries(TIMES)) {
        const moved = columns.map((column) => `${column} = ${column} - $1::float8 * interval '1 ms'`);
        await admin.query(`UPDATE payonce.${table} SET ${moved.join(', ')}`, [ms]);
      }
    },
    async close() {
      await Promise.all([...pools, admin].map((pool) => pool.end()));
      await urls.close();
    },
  };
}
