import type { Database } from './world.ts';

/** Changes a row in a transaction that is left open while `during` begins and waits and `meanwhile` runs, and then ends it. */
export async function behind<T>(
  database: Database,
  change: string,
  end: 'COMMIT' | 'ROLLBACK',
  during: () => Promise<T>,
  meanwhile?: () => Promise<void>,
): Promise<T> {
  const other = await database.client();
  await other.query('BEGIN');
  await other.query(change);
  const result = during();
  result.catch(() => {});
  await database.blocked();
  await meanwhile?.();
  await other.query(end);
  return result;
}
