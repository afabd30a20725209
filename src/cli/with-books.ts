/** Opens the accounts and keys of the database that the environment names. */
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

/** Runs the work, and closes the database. `say`: for a person, what was done to have a database. Rejects with words for a person. */
export async function withBooks(
  say: (text: string) => void,
  work: (books: KeyBooks) => Promise<void>,
): Promise<void> {
  const { url, own } = await open(say);
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

async function open(say: (text: string) => void): Promise<Opened> {
  const place = readDatabasePlace();
  if ('url' in place) return { url: place.url, own: null };
  const { dataDir } = place;
  const running = await findEmbedded(dataDir, INSTEAD);
  if (running !== null) return { url: running.url, own: null };
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
