/** The store's suite on PostgreSQL: one database for the whole suite, emptied for every test. */
import pg from 'pg';
import { createPostgresStore } from '../../src/postgres/index.ts';
import type { StoreHarness } from '../suites/store.suite.ts';
import { addressOf, startTcpProxy, throughProxy } from '../support/tcp-proxy.ts';
import { createFaults } from './faults.ts';

/** Every stored time; the harness lets time pass by moving them all back. */
const TIMES: Readonly<Record<string, readonly string[]>> = {
  payments: [
    'doubt_until',
    'first_sent_at',
    'unresolved_since',
    'due_at',
    'timer_at',
    'created_at',
    'updated_at',
  ],
  first_leases: ['ends_at'],
  operations: ['opened_at', 'settled_at'],
  requests: ['created_at'],
  events: ['at'],
  evidence: ['at'],
  follow_ups: [
    'doubt_until',
    'first_sent_at',
    'unresolved_since',
    'due_at',
    'created_at',
    'updated_at',
    'settled_at',
  ],
  follow_up_requests: ['created_at'],
  follow_up_events: ['at'],
  follow_up_evidence: ['at'],
  payment_sums: [],
  wishes: ['made_at', 'ended_at'],
  handles: [],
  gateway_addresses: [],
};

/** Nothing in the suite is ended by a time limit. */
const PATIENCE_MS = 60_000;

/** A pool whose broken idle connections end no process. */
export function openPool(url: string, options: pg.PoolConfig = {}): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, ...options });
  pool.on('error', () => {});
  return pool;
}

/** Three pools at `url` stand for three processes, one of them on connections that break; `adminUrl` reaches the same database directly. */
export async function createPostgresHarness(urls: {
  readonly url: string;
  readonly adminUrl: string;
  /** Called last. */
  readonly close: () => Promise<void>;
}): Promise<StoreHarness> {
  const admin = openPool(urls.adminUrl, { max: 1 });
  const proxy = await startTcpProxy(addressOf(urls.url));
  const pools = [openPool(urls.url, { max: 5 }), openPool(urls.url, { max: 5 })] as const;
  // One connection, so that the statement that is meant to fail is the next one on it.
  const frailPool = openPool(throughProxy(urls.url, proxy), { max: 1 });
  const faults = createFaults({ proxy, admin, tables: Object.keys(TIMES) });
  return {
    ...faults,
    async fresh({ retentionMs }) {
      await admin.query(`TRUNCATE ${Object.keys(TIMES).map((table) => `payonce.${table}`)}`);
      await admin.query(
        `UPDATE payonce.installation SET answers_erased_before = now(), livemode = NULL, longest_lease_ms = 0`,
      );
      const options = { answerRetentionMs: retentionMs, timeoutMs: PATIENCE_MS };
      const open = (pool: pg.Pool) => createPostgresStore({ pool, ...options });
      const frail = open(frailPool);
      await faults.forgetAll(frail);
      return { store: open(pools[0]), other: open(pools[1]), frail };
    },
    async advanceClock(ms) {
      for (const [table, columns] of Object.entries(TIMES)) {
        if (columns.length === 0) continue;
        const moved = columns.map((column) => `${column} = ${column} - $1::float8 * interval '1 ms'`);
        await admin.query(`UPDATE payonce.${table} SET ${moved.join(', ')}`, [ms]);
      }
      await admin.query(
        `UPDATE payonce.installation SET answers_erased_before = answers_erased_before - $1::float8 * interval '1 ms'`,
        [ms],
      );
    },
    async close() {
      await Promise.all([...pools, frailPool, admin].map((pool) => pool.end()));
      await proxy.close();
      await urls.close();
    },
  };
}
