/**
 * One real PostgreSQL for the whole run, with fsync on as in production: an embedded one, or the server that
 * TEST_DATABASE_URL names (its role must be allowed to create databases). The tables are made once, in a
 * template that every test's database is cloned from.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../packages/embedded-postgres/src/index.ts';
import { query } from '../../sim/chaos/processes/query.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { makeTemporaryFolder, removeDataDir } from './temporary-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the database from which others are created and dropped. */
    adminUrl: string;
    /** Name of the migrated database that nobody connects to. */
    templateDatabase: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  const template = `payonce_template_${randomBytes(6).toString('hex')}`;
  await query(server.url, `CREATE DATABASE ${template}`);
  await migrateDatabase(server.url, template);
  project.provide('adminUrl', server.url);
  project.provide('templateDatabase', template);
  return async () => {
    await query(server.url, `DROP DATABASE ${template} WITH (FORCE)`);
    await server.stop();
  };
}

async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  const dataDir = makeTemporaryFolder();
  const server = await startEmbeddedPostgres({ dataDir });
  return {
    url: server.url,
    async stop() {
      await server.stop('immediate');
      removeDataDir(dataDir);
    },
  };
}

async function migrateDatabase(adminUrl: string, database: string): Promise<void> {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 1 });
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
}
