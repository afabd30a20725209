import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { inject } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';

export interface TestDatabase {
  /** Connection string of a database with all tables and no rows, which nobody else uses. */
  readonly url: string;
  /** Ends the database's connections and drops it. */
  drop(): Promise<void>;
}

/** A database of the test's own, cloned from the migrated template in about 30 ms. Drop it when done. */
export async function createDatabase(): Promise<TestDatabase> {
  const name = `payonce_test_${randomBytes(8).toString('hex')}`;
  await cloneTemplate(name);
  const url = new URL(inject('adminUrl'));
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => void (await query(inject('adminUrl'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

/** If autovacuum is working on the template, PostgreSQL waits for 5 s and then refuses. So it is tried again. */
const TRIES = 10;

/** PostgreSQL: "source database is being accessed by other users". */
const OBJECT_IN_USE = '55006';

async function cloneTemplate(name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await query(inject('adminUrl'), `CREATE DATABASE ${name} TEMPLATE ${inject('templateDatabase')}`);
      return;
    } catch (error) {
      if ((error as pg.DatabaseError).code !== OBJECT_IN_USE || attempt === TRIES) throw error;
      await pause(100);
    }
  }
}
