/**
 * Numbered SQL files, each applied once. The version is recorded first, in the same transaction: racers collide
 * on its primary key, wait for the winner, and find the work done.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { StoreError } from '../ports/store.ts';
import { takeIdle } from './connections.ts';
import { checkDurability } from './durability.ts';
import { connectError, sqlState, surviveErrors } from './errors.ts';
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

/** The last of them. */
export function newestVersion(): number {
  return Number.parseInt(files().at(-1) ?? '0', 10);
}

/** For the end of what other code has under way on the connection that the pool gives out, in milliseconds. */
const WAIT_MS = 5000;

/**
 * Brings the database to this release's tables; safe to run from any number of processes at once. Versions that
 * this release does not know are left alone, so that a newer and an older one can run side by side. Rejects
 * when an applied file was changed afterwards, when the database refuses, or when the role lacks a right that is needed later.
 */
export async function migrate(pool: Pool): Promise<void> {
  const client = await takeIdle(pool, { waitMs: WAIT_MS, onLeftOpen: () => {} }).catch((error: unknown) => {
    throw connectError(error);
  });
  surviveErrors(client);
  try {
    await checkDurability(client);
    await prepare(client);
    for (const migration of migrations()) await applyPatiently(client, migration);
    await checkRights(client);
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    // Better all that is missing than the first of it. Tables may not be there yet.
    await checkRights(client, { absentTables: 'allowed' });
    throw mayNotMigrate(error as Error);
  } finally {
    client.release();
  }
}

function mayNotMigrate(error: Error): StoreError {
  return new StoreError(
    'refused',
    `The role of this connection may not bring the tables up to this release (${error.message}). Nothing was changed, nothing was ` +
      'sent. Start once with a role that owns the schema payonce, or may create it (GRANT CREATE ON DATABASE).',
    { cause: error },
  );
}

async function prepare(client: PoolClient): Promise<void> {
  // A role that may not create anything can still run on tables that are there.
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
    // IF NOT EXISTS does not keep two sessions from creating at once; to the loser it is there all the same.
    await client.query(statement).catch((error: unknown) => {
      if (!isThereAlready(error)) throw error;
    });
  }
}

/** Rounds in which the locks may not be had, and the pause between them: half a minute, as long as most reports run. */
const MAX_TRIES = 15;
const TRY_AGAIN_MS = 1000;

/**
 * A change of a table waits for whoever reads it, and everybody else waits behind the change. So it waits a second at a time,
 * lets the others pass, and tries again; also where it and a reader have waited for each other.
 */
async function applyPatiently(client: PoolClient, migration: Migration): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await apply(client, migration);
    } catch (error) {
      if (!isOnlyLocked(error)) throw error;
      if (tried === MAX_TRIES) {
        throw new Error(
          `Migration ${migration.name} could not get its locks: another transaction has been using the tables all the time. ` +
            'Nothing was changed. End that transaction (pg_stat_activity shows it) and start again.',
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
    // Waits for another process that is applying it just now; nothing is inserted if that one succeeds.
    const recorded = await client.query(
      'INSERT INTO payonce.migrations (version, name, checksum) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [version, name, checksum],
    );
    if (recorded.rowCount === 1) {
      await client.query(`SET LOCAL lock_timeout = '1s'`);
      // A process that stands still in here would keep the locks for as long.
      await client.query(`SET LOCAL idle_in_transaction_session_timeout = '60s'`);
      await client.query(sql);
    }
    await client.query('COMMIT');
  } catch (error) {
    // On a broken connection the server rolls back by itself; the first error is the one to tell.
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
  await isApplied(client, migration);
}

/** Rejects where another form of the file was applied. */
async function isApplied(client: PoolClient, { version, name, checksum }: Migration): Promise<boolean> {
  const [applied] = await ask<{ checksum: string }>(
    client,
    'SELECT checksum FROM payonce.migrations WHERE version = $1',
    [version],
  );
  if (applied !== undefined && applied.checksum !== checksum) {
    throw new Error(
      `Migration ${name} was applied in another form: its file has changed since. It was left as it is. ` +
        'Restore the released file, or point DATABASE_URL at the right database.',
    );
  }
  return applied !== undefined;
}

/** In the order in which a racer can run into them: the schema or table, its row type, their names' unique indexes. */
const THERE_ALREADY: readonly unknown[] = ['42P06', '42P07', '42710', '23505'];

function isThereAlready(error: unknown): boolean {
  return error instanceof Error && 'code' in error && THERE_ALREADY.includes(error.code);
}
