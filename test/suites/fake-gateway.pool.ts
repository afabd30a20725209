import pg from 'pg';

/** A pool for a test's own database, which may be dropped while the last connections are still saying goodbye. */
export function openPool(connectionString: string, max = 4): pg.Pool {
  const pool = new pg.Pool({ connectionString, max });
  // A connection that is cut off while idle is reported here; without a listener it would end the process.
  pool.on('error', () => {});
  return pool;
}
