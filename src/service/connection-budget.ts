/**
 * Checks that the database server has as many connections left as all pools may open. It only warns, because the pools may never
 * fill. And behind a pooler, the pooler's own limit counts, which cannot be read from here.
 */
import type { Pool } from 'pg';
import type { Config } from '../config.ts';
import type { Log } from '../ports/log.ts';

/** Connections of the mounted fake gateway, in each process. */
export const FAKE_GATEWAY_POOL = 4;

/** Of API keys alone, so that no payment keeps them waiting. In each process. */
export const KEYS_POOL = 1;

/** Of events for merchants, so that they take none of a payment. In each process. */
export const WEBHOOKS_POOL = 2;

type Pools = Pick<Config, 'WORKERS' | 'DATABASE_POOL' | 'GATEWAY'>;

/** How many connections all processes of this service together may open. */
export function wantedConnections({ WORKERS, DATABASE_POOL, GATEWAY }: Pools): number {
  return WORKERS * (DATABASE_POOL + KEYS_POOL + WEBHOOKS_POOL + (GATEWAY === 'fake' ? FAKE_GATEWAY_POOL : 0));
}

/** `reserved_connections` is new in PostgreSQL 16. Any role may read how many connections are in use. */
const BUDGET = `
SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true)::int, 0) AS limit,
  (SELECT sum(numbackends) FROM pg_stat_database)::int - 1 AS used`;

/** Warns if the server has too few connections left. If they cannot be counted, it does not warn. The service starts in any case. */
export async function warnOfShortage(pool: Pool, config: Pools, log: Log): Promise<void> {
  const rows = await pool.query<{ limit: number; used: number }>(BUDGET).then(
    (result) => result.rows,
    () => [],
  );
  const wanted = wantedConnections(config);
  for (const row of rows) {
    const [limit, used] = [Number(row.limit), Number(row.used)];
    if (wanted + used > limit) log.warn({ wanted, limit, used }, advice(config));
  }
}

function advice({ WORKERS }: Pools): string {
  const settings = WORKERS > 1 ? 'DATABASE_POOL or WORKERS' : 'DATABASE_POOL';
  return (
    'the pools may open more connections than the database server has left; under load it refuses connections, and requests are ' +
    `answered 503. Lower ${settings}, or raise max_connections of PostgreSQL. Behind a pooler (PgBouncer), the pooler's limit counts instead`
  );
}
