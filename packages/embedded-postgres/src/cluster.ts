/** The cluster's content. It is created once, completely or not at all, and checked at every start. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { ensureFolder, syncFolder, writeDurably } from './files.ts';
import { dataFolderOf, type Place } from './place.ts';
import { readText } from './processes.ts';
import { isRoot, ourselves, runAs, userWithId } from './user.ts';

const DATABASE = 'payonce';

/**
 * Not named like our schema. PostgreSQL first looks for tables in the schema with the role's name, so a statement without its schema would
 * work here and fail elsewhere.
 */
const ROLE = 'postgres';

export interface Cluster {
  readonly dataFolder: string;
  readonly hbaFile: string;
  readonly password: string;
}

/** Only over loopback, and only with the password. The file is beside the cluster, where the server cannot change it. */
const HBA = 'host all all 127.0.0.1/32 scram-sha-256\n';

/** Opens the cluster in the place's home, and creates it if it is missing. The caller holds the lock. */
export async function openCluster(
  place: Place,
  binaries: Binaries,
  log: (line: string) => void,
): Promise<Cluster> {
  const { home, keeper } = place;
  const dataFolder = dataFolderOf(home);
  await removeUnfinished(place);
  const hbaFile = join(home, 'pg_hba.conf');
  writeDurably(hbaFile, HBA, { mode: 0o644, keeper });
  if (!fs.existsSync(dataFolder)) {
    log(`creating a new PostgreSQL ${binaries.majorVersion} cluster in ${home}`);
    await initialise(place, binaries);
  }
  checkVersion(dataFolder, binaries);
  const password = readPassword(home) ?? (await replacePassword(place, binaries));
  return { dataFolder, hbaFile, password };
}

/** The connection string of the database `payonce`. */
export function addressOf({ password, port }: { readonly password: string; readonly port: number }): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

const passwordFile = (home: string): string => join(home, 'password');

/** Undefined: there is none, or this account may not read it. */
export function readPassword(home: string): string | undefined {
  return readText(passwordFile(home))?.trim() || undefined;
}

const UNFINISHED = 'data.new-';

/** A cluster gets its name in the last step, so one with another name is unfinished. */
async function removeUnfinished({ home }: Place): Promise<void> {
  for (const name of fs.readdirSync(home)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const folder = join(home, name);
    // Emptied as the account that filled it: root would follow links of that account.
    const filler = isRoot() ? userWithId(fs.lstatSync(folder)) : ourselves();
    await runAs(filler, '/bin/sh', ['-c', 'cd "$1" && rm -rf -- ./* ./.[!.]*', 'sh', folder]);
    try {
      fs.rmdirSync(folder);
    } catch {
      // An initdb of a killed start still writes to it. The next start removes it.
    }
  }
}

async function initialise(place: Place, binaries: Binaries): Promise<void> {
  const { home, user, keeper } = place;
  const folder = join(home, `${UNFINISHED}${randomBytes(4).toString('hex')}`);
  ensureFolder(folder, { mode: 0o700, keeper: user });
  const { code, output } = await runAs(user, binaries.initdb, [
    `--pgdata=${folder}`,
    `--username=${ROLE}`,
    // The cluster's own rules let nobody in. The server starts with ours.
    '--auth=reject',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
  ]);
  if (code !== 0) throw initFailed('initdb', output);
  const password = randomBytes(32).toString('hex');
  await runAlone(folder, place, binaries, [setPassword(password), `CREATE DATABASE ${DATABASE};`]);
  writeDurably(passwordFile(home), `${password}\n`, { mode: 0o600, keeper });
  fs.renameSync(folder, dataFolderOf(home));
  syncFolder(home);
}

/** For a cluster whose password file was lost. */
async function replacePassword(place: Place, binaries: Binaries): Promise<string> {
  const password = randomBytes(32).toString('hex');
  await runAlone(dataFolderOf(place.home), place, binaries, [setPassword(password)]);
  writeDurably(passwordFile(place.home), `${password}\n`, { mode: 0o600, keeper: place.keeper });
  return password;
}

const setPassword = (password: string): string => `ALTER ROLE ${ROLE} PASSWORD '${password}';`;

/** Runs statements in PostgreSQL's single-user mode: no server, no connection, no driver. */
async function runAlone(
  folder: string,
  { user }: Place,
  { postgres }: Binaries,
  statements: string[],
): Promise<void> {
  const args = ['--single', '-D', folder, '-c', 'exit_on_error=on', '-c', 'log_statement=none', 'template1'];
  const { code, output } = await runAs(user, postgres, args, `${statements.join('\n')}\n`);
  if (code !== 0) throw initFailed('postgres --single', output);
}

function initFailed(tool: string, output: string): EmbeddedPostgresError {
  const nameless = /could not look up effective user ID (\d+)/.exec(output)?.[1];
  if (nameless !== undefined) {
    return new EmbeddedPostgresError(
      'init_failed',
      `The embedded PostgreSQL was not started: this process runs as user number ${nameless}, which has no name here, and ` +
        'PostgreSQL creates no data for a user without a name. Run it as a user in /etc/passwd (in a container: another ' +
        `"user", or a line such as "payonce:x:${nameless}:0::/tmp:/bin/sh" in that file), or use your own server (DATABASE_URL).`,
    );
  }
  return new EmbeddedPostgresError(
    'init_failed',
    `The embedded PostgreSQL was not started: ${tool} could not create its data, and nothing is kept of it. Fix what it reports ` +
      `below and start again, or use your own server (DATABASE_URL).\n${output.trim()}`,
  );
}

function checkVersion(dataFolder: string, { majorVersion }: Binaries): void {
  const found = readText(join(dataFolder, 'PG_VERSION'))?.trim();
  if (found === majorVersion) return;
  const what = found === undefined ? 'is not a PostgreSQL cluster' : `was made by PostgreSQL ${found}`;
  throw new EmbeddedPostgresError(
    'data_dir_unusable',
    `The embedded PostgreSQL was not started: ${dataFolder} ${what}, and this one is PostgreSQL ` +
      `${majorVersion}. Nothing was changed. Move the folder away to start with an empty database, or run your own ` +
      'PostgreSQL of that version on it (DATABASE_URL).',
  );
}
