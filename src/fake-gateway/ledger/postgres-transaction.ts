import type { Pool, PoolClient } from 'pg';

/** Runs `work` in a transaction of its own. @param isolation as in `BEGIN ISOLATION LEVEL …`, whatever the server's default is. */
export async function inTransaction<T>(
  pool: Pool,
  isolation: 'READ COMMITTED' | 'REPEATABLE READ',
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  // When a connection in use breaks, its query fails. Without a listener, its `error` event would end the process.
  client.on('error', ignore);
  let failed = true;
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    const result = await work(client);
    await client.query('COMMIT');
    failed = false;
    return result;
  } finally {
    // A connection that failed may still have an open transaction, so it is closed.
    client.off('error', ignore);
    client.release(failed);
  }
}

function ignore(): void {}
