/**
 * Numbered SQL files, each applied once. The version is stored first, in the same transaction. If several processes migrate at once, the
 * others wait at its primary key, and then find the work done.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { StoreError } from '../ports/store.ts';
import { takeIdle } from './connections.ts';
import { checkDurability } from './durability.ts';
import { migrationError, sqlState, surviveErrors } from './errors.ts';
import { checkRights } from './rights.ts';
import { ask } from './types.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

const FOLDER = new URL('./migrations/', import.meta.url);

const files = (): readonly string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort();

/** The migrations of this release, in order. */
function migrations(): readonly Migration[] {
  return files().map((file) => {
    const sql = readFileSync(new URL(file, FOLDER), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    return { version: Number.parseInt(file, 10), name: file, sql, checksum };
  });
}

/** The version of the last migration. */
export function newestVersion(): number {
  return Number.parseInt(files().at(-1) ?? '0', 10);
}

/** How long to wait for a statement of other code on the pool's connection, in milliseconds. */
const WAIT_MS = 5000;

/** How long to wait for a connection: other code may hold all of the pool's. */
const CONNECT_MS = 60_000;

/**
 * Migrates the database to this release's tables. Any number of processes may run it at once. Versions that this release does not know are
 * left alone, so that a newer and an older release can run side by side. Rejects with `StoreError` if an applied file was changed
 * afterwards, if the database refuses or goes away, if the role lacks a right that is needed later, or if no connection becomes free within
 * `connectMs` (default: 60,000).
 */
export async function migrate(pool: Pool, { connectMs = CONNECT_MS } = {}): Promise<void> {
  const client = await takeIdle(pool, { waitMs: WAIT_MS, timeoutMs: connectMs, onLeftOpen: () => {} });
  surviveErrors(client);
  try {
    await checkDurability(client);
    await prepare(client);
    for (const migration of migrations()) await applyPatiently(client, migration);
    await checkRights(client);
  } catch (error) {
    if (sqlState(error) !== '42501') throw migrationError(error);
    // This reports all missing rights, not only the first. Tables may not exist yet.
    await checkRights(client, { absentTables: 'allowed' });
    throw mayNotMigrate(error as Error);
  } finally {
    client.release();
  }
}

function mayNotMigrate(error: Error): StoreError {
  return new StoreError(
    'refused',
    `The role of this connection may not migrate the tables to this release (${error.message}). Nothing was changed and nothing was ` +
      'sent. Start once with a role that owns the schema payonce, or that may create it (GRANT CREATE ON DATABASE).',
    { cause: error },
  );
}

async function prepare(client: PoolClient): Promise<void> {
  // So that a role that may not create anything can run on existing tables.
  const [row] = await ask<{ there: boolean }>(
    client,
    `SELECT to_regclass('payonce.migrations') IS NOT NULL AS there`,
  );
  if (row?.there) return;
  const statements = [
    'CREATE SCHEMA IF NOT EXISTS payonce',
    `CREATE TABLE IF NOT EXISTS payonce.migrations (
       version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now())`,
  ];
  for (const statement of statements) {
    // With IF NOT EXISTS, two sessions can still create at once. For the second one it then exists.
    await client.query(statement).catch((error: unknown) => {
      if (!isThereAlready(error)) throw error;
    });
  }
}

/** How often the locks are tried, and the pause between: half a minute in total, as long as most reports run. */
const MAX_TRIES = 15;
const TRY_AGAIN_MS = 1000;

/**
 * A change of a table waits for its readers, and all other statements wait behind the change. So it waits only a second, lets the others
 * go on, and tries again. It does the same after a deadlock with a reader.
 */
async function applyPatiently(client: PoolClient, migration: Migration): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await apply(client, migration);
    } catch (error) {
      if (!isOnlyLocked(error)) throw error;
      if (tried === MAX_TRIES) {
        throw new StoreError(
          'unavailable',
          `Migration ${migration.name} could not lock its tables, because another transaction was using them all the time. ` +
            'The migration was not applied. End that transaction (pg_stat_activity shows it) and start again.',
          { cause: error },
        );
      }
      await pause(TRY_AGAIN_MS);
    }
  }
}

function isOnlyLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '55P03' || error.code === '40P01');
}

async function apply(client: PoolClient, migration: Migration): Promise<void> {
  if (await isApplied(client, migration)) return;
  const { version, name, checksum, sql } = migration;
  await client.query('BEGIN');
  try {
    // This waits for another process that applies it at the moment. If that one succeeds, nothing is inserted.
    const recorded = await client.query(
      'INSERT INTO payonce.migrations (version, name, checksum) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [version, name, checksum],
    );
    if (recorded.rowCount === 1) {
      await client.query(`SET LOCAL lock_timeout = '1s'`);
      // A process that is suspended in here would keep the locks.
      await client.query(`SET LOCAL idle_in_transaction_session_timeout = '60s'`);
      await client.query(sql);
    }
    await client.query('COMMIT');
  } catch (error) {
    // On a broken connection the server rolls back by itself. The first error is the one to report.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
  await isApplied(client, migration);
}

/** Rejects if the applied file was another one. */
async function isApplied(client: PoolClient, { version, name, checksum }: Migration): Promise<boolean> {
  const [applied] = await ask<{ checksum: string }>(
    client,
    'SELECT checksum FROM payonce.migrations WHERE version = $1',
    [version],
  );
  if (applied !== undefined && applied.checksum !== checksum) {
    throw new StoreError(
      'refused',
      `Migration ${name} was applied from another file: the file has changed since. The database was not changed. ` +
        'Restore the released file, or set DATABASE_URL to the right database.',
    );
  }
  return applied !== undefined;
}

/** The errors if another process creates the same at once: on the schema or table, its row type, or the unique indexes of their names. */
const THERE_ALREADY: readonly unknown[] = ['42P06', '42P07', '42710', '23505'];

function isThereAlready(error: unknown): boolean {
  return error instanceof Error && 'code' in error && THERE_ALREADY.includes(error.code);
}
