import type { Pool, PoolClient } from 'pg';
import { newLedgerTag } from './ids.ts';

/** Raise it when the tables change so that older code cannot use them. */
const VERSION = 1;

/**
 * In a schema apart from the payment tables, as a real gateway's books would be. Lists and lookups use the indexes that begin with
 * `created_ms` and `key`; the judge's sums read the whole table.
 */
const CREATE = `
  CREATE SCHEMA IF NOT EXISTS fake_gateway;
  CREATE TABLE IF NOT EXISTS fake_gateway.settings (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL,
    ledger_tag text NOT NULL,
    faults jsonb
  );
  CREATE TABLE IF NOT EXISTS fake_gateway.charges (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    generation integer NOT NULL,
    reference text COLLATE "C" NOT NULL,
    order_id text COLLATE "C",
    method text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    asked_amount bigint NOT NULL,
    asked_currency text NOT NULL,
    capture boolean NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('succeeded', 'declined', 'pending', 'none')),
    answer smallint NOT NULL CHECK (answer IN (200, 202, 402, 500)),
    created_ms bigint NOT NULL,
    visible_ms bigint NOT NULL,
    settle_ms bigint,
    settle_to text CHECK (settle_to IN ('succeeded', 'declined')),
    captured bigint NOT NULL DEFAULT 0,
    refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= amount),
    voided boolean NOT NULL DEFAULT false,
    CONSTRAINT charges_key UNIQUE (key, generation)
  );
  CREATE INDEX IF NOT EXISTS charges_created ON fake_gateway.charges (created_ms, seq);
  CREATE TABLE IF NOT EXISTS fake_gateway.attempts (
    key text COLLATE "C" PRIMARY KEY,
    attempts integer NOT NULL
  );
  CREATE TABLE IF NOT EXISTS fake_gateway.operations (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('refund', 'capture', 'void')),
    charge_seq bigint NOT NULL REFERENCES fake_gateway.charges,
    amount bigint NOT NULL,
    asked bigint,
    created_ms bigint NOT NULL,
    CONSTRAINT operations_key UNIQUE (key)
  );
`;

/**
 * Creates what is missing and returns the ledger's tag. Any number of processes may run it at once.
 *
 * @throws Error if the tables are of another version.
 */
export async function prepareSchema(pool: Pool): Promise<string> {
  const client = await pool.connect();
  // When a connection in use breaks, its query fails. Without a listener, its `error` event would end the process.
  client.on('error', ignore);
  let failed = true;
  try {
    const tag = (await readTag(client)) ?? (await create(client));
    failed = false;
    return tag;
  } finally {
    // A connection that failed may still have an open transaction, so it is closed.
    client.off('error', ignore);
    client.release(failed);
  }
}

async function readTag(client: PoolClient): Promise<string | undefined> {
  // Checked first, so that a role that may only read and write is enough once the tables exist.
  const exists = await client.query(`SELECT to_regclass('fake_gateway.settings') IS NOT NULL AS yes`);
  if (exists.rows[0]?.yes !== true) return undefined;
  const { rows } = await client.query<{ version: number; ledger_tag: string }>(
    'SELECT version, ledger_tag FROM fake_gateway.settings',
  );
  const [row] = rows;
  if (row !== undefined && row.version !== VERSION) {
    throw new Error(
      `The fake gateway's tables have version ${row.version}, but this program needs ${VERSION}. Nothing was changed. ` +
        'Use the matching release, or drop the schema fake_gateway, which deletes all its charges.',
    );
  }
  return row?.ledger_tag;
}

async function create(client: PoolClient): Promise<string> {
  await client.query('BEGIN');
  // IF NOT EXISTS is not safe if two processes create at the same time. This lock makes it safe, until the commit.
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('fake_gateway.schema', 0))`);
  await client.query(CREATE);
  await client.query(
    'INSERT INTO fake_gateway.settings (version, ledger_tag) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [VERSION, newLedgerTag()],
  );
  await client.query('COMMIT');
  const tag = await readTag(client);
  if (tag === undefined)
    throw new Error(
      "The fake gateway's tables are empty after they were created. Check that nobody deletes from them, and start again.",
    );
  return tag;
}

function ignore(): void {}
