/** The one real PostgreSQL that all suites of a run share; each test clones a database of its own from the template. */
import { chmodSync, mkdirSync } from 'node:fs';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../packages/embedded-postgres/src/index.ts';
import { migrate } from '../../src/postgres/migrate.ts';

export interface TestDatabase {
  /** What the tests are told, in the environment. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const TEMPLATE = 'payonce_template';

export async function startDatabase(folder: string): Promise<TestDatabase> {
  mkdirSync(folder);
  // PostgreSQL may have to run under an account of its own.
  chmodSync(folder, 0o755);
  const server = await startEmbeddedPostgres({ dataDir: folder });
  const admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = `/${TEMPLATE}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
  await migrate(pool);
  await pool.end();
  return {
    env: { MUTANTS_DATABASE_URL: server.url, MUTANTS_TEMPLATE: TEMPLATE },
    stop: () => server.stop('immediate'),
  };
}
