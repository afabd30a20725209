/** Opens the accounts and keys of the database that the environment names. */
import { existsSync } from 'node:fs';
import pg from 'pg';
import { readDatabasePlace } from '../config.ts';
import type { KeyBooks } from '../ports/access.ts';
import { createKeyBooks } from '../postgres/access/index.ts';
import { inWords, migrate } from '../postgres/index.ts';
import { findEmbedded, startEmbedded } from '../service/embedded.ts';

interface Opened {
  readonly url: string;
  /** The database runs only for this command: null if somebody else runs it. */
  readonly own: { stop(): Promise<void> } | null;
}

export interface BooksOptions {
  /** For a person: what was done to have a database. */
  readonly say: (text: string) => void;
  /** Whether an embedded database may be made where there is none: only for what is stored in it. */
  readonly mayMake: boolean;
}

/** Runs the work, and closes the database. Rejects with words for a person. */
export async function withBooks(
  options: BooksOptions,
  work: (books: KeyBooks) => Promise<void>,
): Promise<void> {
  const { url, own } = await open(options);
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  pool.on('error', () => {});
  try {
    // A new embedded database has no tables yet, and nobody else to make them.
    if (own !== null) await migrate(pool);
    else await checkTables(pool);
    await work(createKeyBooks({ pool, ownPool: true }));
  } catch (error) {
    throw new Error(inWords(error), { cause: error });
  } finally {
    await pool.end();
    await own?.stop();
  }
}

const INSTEAD = 'Set DATABASE_URL to the database of the service';

async function open({ say, mayMake }: BooksOptions): Promise<Opened> {
  const place = readDatabasePlace();
  if ('url' in place) return { url: place.url, own: null };
  const { dataDir, unread } = place;
  if (unread !== '')
    say(`DATABASE_URL is not set: this is about the embedded database in ${dataDir}.${unread}\n`);
  const running = await findEmbedded(dataDir, INSTEAD);
  if (running !== null) return { url: running.url, own: null };
  if (!mayMake && !existsSync(dataDir))
    throw new Error(
      `There is no folder ${dataDir}, so there is no account and no key. Nothing was done. Run the command where the service runs, or set its DATA_DIR or DATABASE_URL.`,
    );
  const log = (line: string) => say(`${line}\n`);
  const own = await startEmbedded({ dataDir, log }, INSTEAD);
  return { url: own.url, own };
}

/** A command for keys must not migrate the database of a running service. */
async function checkTables(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ there: boolean }>(
    `SELECT to_regclass('payonce.api_keys') IS NOT NULL AS there`,
  );
  if (rows[0]?.there !== true) {
    throw new Error(
      'This database has no tables for API keys yet. Nothing was changed. Make them first: payonce migrate',
    );
  }
}
