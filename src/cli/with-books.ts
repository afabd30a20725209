/** Opens the accounts and keys of the database that the environment names. */
import pg from 'pg';
import { readDatabasePlace } from '../config.ts';
import type { KeyBooks } from '../ports/access.ts';
import { createKeyBooks } from '../postgres/access/index.ts';
import { inWords, migrate } from '../postgres/index.ts';
import { startEmbedded } from '../service/embedded.ts';

/** Runs the work, and closes the database. Rejects with words for a person. */
export async function withBooks(work: (books: KeyBooks) => Promise<void>): Promise<void> {
  const place = readDatabasePlace();
  const embedded =
    'dataDir' in place ? await startEmbedded(place, 'Set DATABASE_URL to the database of the service') : null;
  const pool = new pg.Pool({ connectionString: embedded?.url ?? ('url' in place ? place.url : ''), max: 1 });
  pool.on('error', () => {});
  try {
    // A new embedded database has no tables yet, and nobody else to make them.
    if (embedded !== null) await migrate(pool);
    else await checkTables(pool);
    await work(createKeyBooks({ pool, ownPool: true }));
  } catch (error) {
    throw new Error(inWords(error), { cause: error });
  } finally {
    await pool.end();
    await embedded?.stop();
  }
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
