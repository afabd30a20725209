import type { ClientBase } from 'pg';
import { StoreError } from '../ports/store.ts';

interface Settings {
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly synchronous_commit: string;
  readonly isolation: string;
  readonly recovering: boolean;
  readonly read_only: string;
}

interface Rule {
  readonly holds: (settings: Settings) => boolean;
  readonly problem: string;
  readonly mend: string;
}

/** What must hold on every connection, for a committed intent to survive a crash and a decision to be current. */
const RULES: readonly Rule[] = [
  {
    holds: (s) => !s.recovering,
    problem: 'this server is a standby, and a standby may be behind',
    mend: 'point DATABASE_URL at the primary',
  },
  {
    holds: (s) => s.read_only === 'off',
    problem: 'transactions are read-only here',
    // Said inside a transaction that may write: in any other the command itself would be refused.
    mend: 'BEGIN READ WRITE; ALTER ROLE CURRENT_USER SET default_transaction_read_only = off; COMMIT;',
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
];

/** Rejects with `StoreError` that names every broken rule and its mending command. */
export async function checkDurability(client: ClientBase): Promise<void> {
  const { rows } = await client.query<Settings>(
    `SELECT current_setting('fsync') AS fsync,
            current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') AS synchronous_commit,
            current_setting('default_transaction_isolation') AS isolation,
            pg_is_in_recovery() AS recovering,
            current_setting('transaction_read_only') AS read_only`,
  );
  const settings = rows[0];
  if (settings === undefined) throw new StoreError('unavailable', 'The database did not tell its settings.');
  const broken = RULES.filter((rule) => !rule.holds(settings));
  if (broken.length === 0) return;
  const lines = broken.map((rule) => `- ${rule.problem}. Mend: ${rule.mend}`);
  throw new StoreError(
    'unavailable',
    `The database would not keep the promise, so nothing was written or sent:\n${lines.join('\n')}`,
  );
}
