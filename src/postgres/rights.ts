/**
 * What the role must be allowed to do. Every missing right is named, with the command that grants it. PostgreSQL itself would name only the
 * first table, and not the right.
 */
import type { ClientBase } from 'pg';
import { StoreError } from '../ports/store.ts';
import { ask } from './types.ts';

/** By table of the schema `payonce`. First leases are locked (FOR UPDATE) before they are deleted. */
export const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  migrations: ['SELECT'],
  installation: ['SELECT', 'UPDATE'],
  payments: ['SELECT', 'INSERT', 'UPDATE'],
  operations: ['SELECT', 'INSERT', 'UPDATE'],
  requests: ['SELECT', 'INSERT'],
  events: ['SELECT', 'INSERT'],
  evidence: ['SELECT', 'INSERT'],
  follow_ups: ['SELECT', 'INSERT', 'UPDATE'],
  follow_up_requests: ['SELECT', 'INSERT'],
  follow_up_events: ['SELECT', 'INSERT'],
  follow_up_evidence: ['SELECT', 'INSERT'],
  payment_sums: ['SELECT', 'INSERT', 'UPDATE'],
  handles: ['SELECT', 'INSERT', 'UPDATE'],
  gateway_addresses: ['SELECT', 'INSERT', 'UPDATE'],
  wishes: ['SELECT', 'INSERT', 'UPDATE'],
  // Written by the command, perhaps with another role.
  accounts: ['SELECT'],
  api_keys: ['SELECT'],
  webhook_cursor: ['SELECT', 'UPDATE'],
  webhook_endpoints: ['SELECT', 'INSERT', 'UPDATE'],
  webhook_deliveries: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
  webhook_attempts: ['SELECT', 'INSERT', 'UPDATE'],
  first_leases: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
};
const FUNCTIONS: readonly string[] = ['claim_mode', 'lost_race'];

const WANTED = Object.entries(RIGHTS).flatMap(([table, rights]) =>
  rights.map((right) => [table, right] as const),
);

/** Reads only the catalogue, which needs no lock on the tables and no right to the schema. */
const MISSING = `
WITH ours AS (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'payonce'), wanted AS (
  SELECT name, right_to, c.oid FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS w(name, right_to)
  LEFT JOIN pg_catalog.pg_class c ON c.relname = w.name AND c.relnamespace = (SELECT oid FROM ours)
)
SELECT pg_catalog.quote_ident(current_user) AS role, right_to, object FROM (
  SELECT 'USAGE' AS right_to, 'SCHEMA payonce' AS object FROM ours WHERE NOT pg_catalog.has_schema_privilege(oid, 'USAGE')
  UNION ALL
  SELECT DISTINCT NULL, 'payonce.' || name FROM wanted WHERE oid IS NULL
  UNION ALL
  SELECT right_to, 'payonce.' || name FROM wanted WHERE oid IS NOT NULL AND NOT CASE right_to
    WHEN 'DELETE' THEN pg_catalog.has_table_privilege(oid, right_to)
    ELSE pg_catalog.has_any_column_privilege(oid, right_to) END
  UNION ALL
  SELECT 'EXECUTE', 'FUNCTION ' || p.oid::pg_catalog.regprocedure FROM pg_catalog.pg_proc p
  WHERE pronamespace = (SELECT oid FROM ours) AND proname = ANY ($3::text[])
    AND NOT pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
) missing ORDER BY object, right_to`;

interface MissingRow {
  readonly role: string;
  /** Null: there is no such table. */
  readonly right_to: string | null;
  readonly object: string;
}

/** Rejects with a `StoreError` that names every missing right and table, and what to do. */
export async function checkRights(
  client: ClientBase,
  { absentTables = 'refused' }: { readonly absentTables?: 'allowed' | 'refused' } = {},
): Promise<void> {
  const values = [WANTED.map(([table]) => table), WANTED.map(([, right]) => right), FUNCTIONS];
  const rows = await ask<MissingRow>(client, MISSING, values);
  const missing = rows.filter((row) => row.right_to !== null || absentTables === 'refused');
  if (missing.length === 0) return;
  const lines = missing.map(({ role, right_to: right, object }) =>
    right === null
      ? `- the table ${object} does not exist. Restore the whole database, or use another one`
      : `- ${right} on ${object}. Fix: GRANT ${right} ON ${object} TO ${role};`,
  );
  throw new StoreError(
    'refused',
    `The role of this connection lacks rights or tables that Payonce needs, so nothing was written or sent. Missing:\n${lines.join('\n')}`,
  );
}
