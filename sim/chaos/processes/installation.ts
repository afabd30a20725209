/**
 * The installation's id is random. Every name at the gateway is derived from it, and the gateway's faults depend on the
 * names. Here the id comes from the seed, so that the same orders meet the same faults again, and the judge knows the names.
 */
import { fileURLToPath } from 'node:url';
import type { Guard } from './guard.ts';
import { startProgram } from './program.ts';
import { query } from './query.ts';

export interface InstallationOptions {
  readonly guard: Guard;
  readonly root: string;
  readonly databaseUrl: string;
  readonly installationId: string;
  readonly log: number;
}

/** Creates the tables and sets the installation's id, before any server starts. */
export async function install({
  guard,
  root,
  databaseUrl,
  installationId,
  log,
}: InstallationOptions): Promise<void> {
  const cli = fileURLToPath(new URL('dist/cli.js', root));
  const args = [cli, 'migrate'];
  const { code } = await startProgram({ guard, args, env: { DATABASE_URL: databaseUrl }, log }).exited;
  if (code !== 0) throw new Error('payonce migrate failed; see migrate.log.');
  await query(databaseUrl, `UPDATE payonce.installation SET installation_id = '${installationId}'`);
}
