/** The service's pools, on a real server. */
import { expect, it, onTestFinished } from 'vitest';
import { createDatabase } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from './database.ts';

it('idle connections that all break at once are one line in the log, and are replaced', async () => {
  const { url, drop } = await createDatabase();
  onTestFinished(drop);
  const logged: unknown[] = [];
  const note = (_fields: unknown, message: string): void => void logged.push(message);
  const database = await openDatabase(readConfig({ DATABASE_URL: url, GATEWAY: 'fake' }), {
    info: note,
    warn: note,
    error: note,
  });
  onTestFinished(() => database.close());
  const pool = database.openPool({ name: 'several', max: 4 });
  const clients = await Promise.all([1, 2, 3, 4].map(() => pool.connect()));
  for (const client of clients) client.release();
  const other = database.openPool({ name: 'other', max: 1 });
  await other.query('SELECT 1');
  const admin = database.openPool({ name: 'admin', max: 1 });
  await admin.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('several', 'other')`,
  );
  await until('all of them have broken', () => pool.totalCount + other.totalCount === 0);
  expect(logged).toEqual([expect.stringContaining('an idle database connection broke')]);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});
