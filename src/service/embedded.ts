/** The embedded PostgreSQL is an optional package: a service with its own PostgreSQL does not need it. */
import type { EmbeddedPostgres, EmbeddedPostgresOptions, RunningPostgres } from 'payonce-embedded-postgres';

const PACKAGE = 'payonce-embedded-postgres';

/**
 * Starts the embedded PostgreSQL.
 *
 * @param instead what to do if its package is not installed, such as "Set DATABASE_URL"
 */
export async function startEmbedded(
  options: EmbeddedPostgresOptions,
  instead: string,
): Promise<EmbeddedPostgres> {
  const { startEmbeddedPostgres } = await load(instead);
  return startEmbeddedPostgres(options);
}

/** The embedded PostgreSQL that another process, such as the service, runs on this data folder. Null: none does. `instead`: as above. */
export async function findEmbedded(dataDir: string, instead: string): Promise<RunningPostgres | null> {
  const { findEmbeddedPostgres } = await load(instead);
  return findEmbeddedPostgres({ dataDir });
}

function load(instead: string) {
  return import('payonce-embedded-postgres').catch((error: unknown) => {
    throw isNotInstalled(error) ? notInstalled(instead, error) : error;
  });
}

/** An installed package with a missing file gives the same code, but another message. */
function isNotInstalled(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_MODULE_NOT_FOUND' && message.startsWith(`Cannot find package '${PACKAGE}'`);
}

function notInstalled(instead: string, cause: unknown): Error {
  return new Error(
    `Nothing was started: there is no database. None is named, and the optional package ${PACKAGE}, which brings a ` +
      `PostgreSQL, is not installed. ${instead}, or install that package beside payonce.`,
    { cause },
  );
}
