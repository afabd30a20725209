import type { Pool, PoolClient } from 'pg';
import { newLedgerTag } from './ids.ts';
import { inTransaction } from './postgres-transaction.ts';

/**
 * The steps to today's tables: the nth makes version n of what came before. A new step comes last, and no step ever changes.
 *
 * They are in a schema apart from the payment tables, as a real gateway's books would be. Lists and lookups use the indexes that begin
 * with `created_ms`, `key` and `charge_seq`; the judge's sums read the whole table.
 */
export const STEPS: readonly string[] = [
  `
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
  `,
  // A charge's sums depend on the time, because a refund may land late, settle or fail. So they follow from its operations, and the
  // charge only says whether there are any.
  `
  ALTER TABLE fake_gateway.operations
    ALTER COLUMN amount DROP NOT NULL,
    ADD COLUMN wrong_amount boolean NOT NULL DEFAULT false,
    ADD COLUMN outcome text NOT NULL DEFAULT 'succeeded' CHECK (outcome IN ('succeeded', 'failed', 'pending', 'none')),
    ADD COLUMN answer smallint NOT NULL DEFAULT 200 CHECK (answer IN (200, 202, 402, 500)),
    ADD COLUMN visible_ms bigint,
    ADD COLUMN settle_ms bigint,
    ADD COLUMN settle_to text CHECK (settle_to IN ('succeeded', 'failed'));
  UPDATE fake_gateway.operations SET visible_ms = created_ms;
  ALTER TABLE fake_gateway.operations ALTER COLUMN visible_ms SET NOT NULL;
  CREATE INDEX operations_charge ON fake_gateway.operations (charge_seq);
  ALTER TABLE fake_gateway.charges
    ADD COLUMN operated boolean NOT NULL DEFAULT false, DROP COLUMN captured, DROP COLUMN refunded, DROP COLUMN voided;
  UPDATE fake_gateway.charges SET operated = true WHERE seq IN (SELECT charge_seq FROM fake_gateway.operations);
  `,
  // Records of a protocol with rules of its own.
  `
  CREATE TABLE fake_gateway.records (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    at_ms bigint NOT NULL,
    labels text[] NOT NULL,
    data jsonb NOT NULL,
    PRIMARY KEY (kind, id)
  );
  CREATE INDEX records_in_order ON fake_gateway.records (kind, seq);
  CREATE INDEX records_by_label ON fake_gateway.records USING gin (labels);
  `,
  // What was only authorised before then is held for ever.
  'ALTER TABLE fake_gateway.charges ADD COLUMN expires_ms bigint',
  'ALTER TABLE fake_gateway.charges ADD COLUMN account_id text COLLATE "C"',
];

/** Older code cannot use tables of a higher version. */
const VERSION = STEPS.length;

interface Installed {
  readonly version: number;
  readonly tag: string;
}

/**
 * Creates what is missing, changes what is older, and returns the ledger's tag. Any number of processes may run it at once.
 *
 * @throws Error if the tables are of a newer version.
 */
export async function prepareSchema(pool: Pool): Promise<string> {
  // Checked first, so that a role that may only read and write is enough once the tables exist.
  const found = await readInstalled(pool);
  if (found?.version === VERSION) return found.tag;
  // Two processes may create or change the tables at the same time. The lock makes that safe, until the commit.
  return inTransaction(pool, 'READ COMMITTED', async (client) => {
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('fake_gateway.schema', 0))`);
    return advance(client, await readInstalled(client));
  });
}

async function advance(client: PoolClient, installed: Installed | undefined): Promise<string> {
  const { version, tag } = installed ?? { version: 0, tag: newLedgerTag() };
  if (version > VERSION) {
    throw new Error(
      `The fake gateway's tables have version ${version}, but this program needs ${VERSION}. Nothing was changed. ` +
        'Use the matching release, or drop the schema fake_gateway, which deletes all its charges.',
    );
  }
  for (const step of STEPS.slice(version)) await client.query(step);
  await client.query(
    `INSERT INTO fake_gateway.settings (version, ledger_tag) VALUES ($1, $2)
     ON CONFLICT (only_row) DO UPDATE SET version = excluded.version`,
    [VERSION, tag],
  );
  return tag;
}

async function readInstalled(db: Pool | PoolClient): Promise<Installed | undefined> {
  // Not `to_regclass`: behind a lock it may still say what was true before the wait.
  const exists = await db.query(
    `SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'fake_gateway' AND tablename = 'settings') AS yes`,
  );
  if (exists.rows[0]?.yes !== true) return undefined;
  const { rows } = await db.query<{ version: number; ledger_tag: string }>(
    'SELECT version, ledger_tag FROM fake_gateway.settings',
  );
  const [row] = rows;
  return row === undefined ? undefined : { version: row.version, tag: row.ledger_tag };
}
