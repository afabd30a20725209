import type { ClientBase } from 'pg';
import { StoreError } from '../ports/store.ts';
import { ReadOnlyError } from './errors.ts';
import { ask } from './types.ts';

interface Settings {
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly isolation: string;
  readonly recovering: boolean;
  readonly read_only: string;
  readonly extra_float_digits: number;
  readonly array_nulls: string;
  readonly client_encoding: string;
  readonly server_encoding: string;
  readonly path: string;
}

interface Rule {
  readonly holds: (settings: Settings) => boolean;
  readonly problem: string;
  readonly fix: string;
  /** It ends by itself, when a fail-over is complete. */
  readonly passing?: true;
}

/**
 * What must hold on every connection, so that a committed intent survives a crash, a decision uses current data, and values arrive
 * unchanged. No other setting changes values: DateStyle, IntervalStyle and TimeZone do not, because times are milliseconds; bytea_output
 * and lc_… do not, because there is neither bytea nor a local format; standard_conforming_strings does not, because every literal with a
 * backslash is written E'…'.
 */
const RULES: readonly Rule[] = [
  {
    holds: (s) => !s.recovering,
    problem: 'this server is a standby, and a standby may be behind',
    fix: 'point DATABASE_URL at the primary',
    passing: true,
  },
  {
    holds: (s) => s.read_only === 'off',
    problem: 'transactions are read-only here',
    // Inside a transaction that may write: in a read-only one the command itself would be refused.
    fix: 'BEGIN READ WRITE; ALTER ROLE CURRENT_USER SET default_transaction_read_only = off; COMMIT;',
    passing: true,
  },
  {
    holds: (s) => s.fsync === 'on',
    problem: 'fsync is off, so a committed payment can be lost',
    fix: 'ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();',
  },
  {
    holds: (s) => s.full_page_writes === 'on',
    problem: 'full_page_writes is off, so a crash can corrupt payments',
    fix: 'ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf();',
  },
  {
    holds: (s) => s.synchronous_commit !== 'off',
    problem: 'synchronous_commit is off, so a committed payment can be lost',
    fix: 'ALTER ROLE CURRENT_USER SET synchronous_commit = on;',
  },
  {
    holds: (s) => s.isolation === 'read committed',
    problem: 'the default isolation level is not READ COMMITTED, which the statements are written for',
    fix: "ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'read committed';",
  },
  {
    holds: (s) => s.extra_float_digits >= 1,
    problem: 'extra_float_digits is below 1, so times arrive rounded, by seconds if it is negative',
    fix: 'ALTER ROLE CURRENT_USER SET extra_float_digits = 1;',
  },
  {
    holds: (s) => s.array_nulls === 'on',
    problem: 'array_nulls is off, so a missing value is stored as the text NULL',
    fix: 'ALTER ROLE CURRENT_USER SET array_nulls = on;',
  },
  {
    holds: (s) => s.client_encoding === 'UTF8',
    problem: 'client_encoding is not UTF8, so text is read wrongly',
    fix: 'SET client_encoding = UTF8; (the driver asks for it: find the code of this program that changed it)',
  },
  {
    holds: (s) => s.server_encoding === 'UTF8',
    problem: 'the encoding of this database is not UTF8, so it cannot store every order',
    fix: "use a new database: CREATE DATABASE <name> ENCODING 'UTF8' TEMPLATE template0;",
  },
  {
    holds: (s) => isCatalogFirst(s.path),
    problem:
      'a schema comes before pg_catalog in the search_path (of the role, the database, DATABASE_URL or the pool), so its functions, ' +
      'such as a now() for tests, would replace those of PostgreSQL',
    fix: 'ALTER ROLE CURRENT_USER SET search_path = "$user", public;',
  },
];

/** A path that does not name pg_catalog begins with it. No function is ever found in pg_temp. */
function isCatalogFirst(path: string): boolean {
  const schemas = path.split(',').map((schema) => schema.trim().replaceAll('"', '').toLowerCase());
  return schemas.filter((schema) => schema !== 'pg_temp').indexOf('pg_catalog') <= 0;
}

/**
 * Rejects with a `StoreError` that names every broken rule and the command that fixes it. The functions are named with their schema,
 * because a wrong search_path could find others.
 */
export async function checkDurability(client: ClientBase): Promise<void> {
  const [settings] = await ask<Settings>(
    client,
    `SELECT pg_catalog.current_setting('fsync') AS fsync,
            pg_catalog.current_setting('full_page_writes') AS full_page_writes,
            pg_catalog.current_setting('synchronous_commit') AS synchronous_commit,
            pg_catalog.current_setting('default_transaction_isolation') AS isolation,
            pg_catalog.pg_is_in_recovery() AS recovering,
            pg_catalog.current_setting('transaction_read_only') AS read_only,
            pg_catalog.current_setting('extra_float_digits')::int AS extra_float_digits,
            pg_catalog.current_setting('array_nulls') AS array_nulls,
            pg_catalog.current_setting('client_encoding') AS client_encoding,
            pg_catalog.current_setting('server_encoding') AS server_encoding,
            pg_catalog.current_setting('search_path') AS path`,
  );
  if (settings === undefined)
    throw new StoreError(
      'unavailable',
      'The database did not return its settings, so nothing was written or sent. Check what DATABASE_URL leads to.',
    );
  const broken = RULES.filter((rule) => !rule.holds(settings));
  if (broken.length === 0) return;
  const lines = broken.map((rule) => `- ${rule.problem}. Fix: ${rule.fix}`);
  const message = `This database is not safe for payments, so nothing was written or sent:\n${lines.join('\n')}`;
  if (broken.every((rule) => rule.passing)) throw new ReadOnlyError('unavailable', message);
  throw new StoreError('refused', message);
}
