import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  /** Connection string of a database with all tables and no rows, which nobody else knows. */
  readonly url: string;
  /** Ends its connections and drops it. */
  drop(): Promise<void>;
}

/** A database of the test's own, cloned from the migrated template in about 30 ms. Drop it when done. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `payonce_test_${randomBytes(8).toString('hex')}`;
  await asAdmin((admin) => cloneTemplate(admin, name));
  const url = new URL(inject('adminUrl'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () =>
      asAdmin(async (admin) => void (await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  };
}

/** Autovacuum may be looking at the template just now, which PostgreSQL reports after 5 s of waiting. */
const TRIES = 10;

/** PostgreSQL: "source database is being accessed by other users". */
const OBJECT_IN_USE = '55006';

async function cloneTemplate(admin: pg.Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.query(`CREATE DATABASE ${name} TEMPLATE ${inject('templateDatabase')}`);
      return;
    } catch (error) {
      if ((error as pg.DatabaseError).code !== OBJECT_IN_USE || attempt === TRIES) throw error;
      await pause(100);
    }
  }
}

async function asAdmin(work: (admin: pg.Client) => Promise<void>): Promise<void> {
  const admin = new pg.Client(inject('adminUrl'));
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}
