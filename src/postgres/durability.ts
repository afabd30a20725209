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
  readonly mend: string;
  /** It passes by itself, when a fail-over has ended. */
  readonly passing?: true;
}

/**
 * What must hold on every connection: for a committed intent to survive a crash, for a decision to be current, and for values
 * to arrive as they are. No other setting bends a value on its way: DateStyle, IntervalStyle and TimeZone do not, because times
 * are milliseconds; bytea_output and the lc_… do not, because there is neither bytea nor a local format;
 * standard_conforming_strings does not, because every literal with a backslash is written E'…'.
 */
const RULES: readonly Rule[] = [
  {
    holds: (s) => !s.recovering,
    problem: 'this server is a standby, and a standby may be behind',
    mend: 'point DATABASE_URL at the primary',
    passing: true,
  },
  {
    holds: (s) => s.read_only === 'off',
    problem: 'transactions are read-only here',
    // Said inside a transaction that may write: in any other the command itself would be refused.
    mend: 'BEGIN READ WRITE; ALTER ROLE CURRENT_USER SET default_transaction_read_only = off; COMMIT;',
    passing: true,
  },
  {
    holds: (s) => s.fsync === 'on',
    problem: 'fsync is off, so a committed payment can be lost',
    mend: 'ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf();',
  },
  {
    holds: (s) => s.full_page_writes === 'on',
    problem: 'full_page_writes is off, so a crash can corrupt payments',
    mend: 'ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf();',
  },
  {
    holds: (s) => s.synchronous_commit !== 'off',
    problem: 'synchronous_commit is off, so a committed payment can be lost',
    mend: 'ALTER ROLE CURRENT_USER SET synchronous_commit = on;',
  },
  {
    holds: (s) => s.isolation === 'read committed',
    problem: 'the default isolation level is not READ COMMITTED, which the statements are written for',
    mend: "ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'read committed';",
  },
  {
    holds: (s) => s.extra_float_digits >= 1,
    problem: 'extra_float_digits is below 1, so times arrive rounded, by seconds if it is negative',
    mend: 'ALTER ROLE CURRENT_USER SET extra_float_digits = 1;',
  },
  {
    holds: (s) => s.array_nulls === 'on',
    problem: 'array_nulls is off, so what is absent is stored as the text NULL',
    mend: 'ALTER ROLE CURRENT_USER SET array_nulls = on;',
  },
  {
    holds: (s) => s.client_encoding === 'UTF8',
    problem: 'client_encoding is not UTF8, so text is read as other text',
    mend: 'SET client_encoding = UTF8; (the driver asks for it: find the code of this program that changed it)',
  },
  {
    holds: (s) => s.server_encoding === 'UTF8',
    problem: 'the encoding of this database is not UTF8, so it cannot store every order',
    mend: "use a new database: CREATE DATABASE <name> ENCODING 'UTF8' TEMPLATE template0;",
  },
  {
    holds: (s) => isCatalogFirst(s.path),
    problem:
      'a schema stands before pg_catalog on the search_path (of the role, the database, DATABASE_URL or the pool), so what is in it, ' +
      'such as a now() for tests, would replace what is PostgreSQL’s own',
    mend: 'ALTER ROLE CURRENT_USER SET search_path = "$user", public;',
  },
];

/** A path that does not name pg_catalog begins with it. No function is ever found in pg_temp. */
function isCatalogFirst(path: string): boolean {
  const schemas = path.split(',').map((schema) => schema.trim().replaceAll('"', '').toLowerCase());
  return schemas.filter((schema) => schema !== 'pg_temp').indexOf('pg_catalog') <= 0;
}

/**
 * Rejects with `StoreError` that names every broken rule and its mending command. The functions are named with their schema: on a
 * wrong search_path others could answer.
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
  if (settings === undefined) throw new StoreError('unavailable', 'The database did not tell its settings.');
  const broken = RULES.filter((rule) => !rule.holds(settings));
  if (broken.length === 0) return;
  const lines = broken.map((rule) => `- ${rule.problem}. Mend: ${rule.mend}`);
  const message = `The database would not keep the promise, so nothing was written or sent:\n${lines.join('\n')}`;
  if (broken.every((rule) => rule.passing)) throw new ReadOnlyError('unavailable', message);
  throw new StoreError('refused', message);
}
