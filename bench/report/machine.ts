/** The machine and the versions: figures without them say nothing. */
import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { median } from '../measure/statistics.ts';
import type { Stage } from '../stage/stage.ts';
import { type Peer, peerFolder } from '../stage/subjects.ts';

export interface Machine {
  readonly payonce: string;
  readonly commit: string;
  readonly processors: string;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
  /** As PostgreSQL says: `fsync`, `synchronous_commit`, `full_page_writes`. */
  readonly durability: Readonly<Record<string, string>>;
  /** Median of a write of 8 kB with `fdatasync`, in milliseconds: what a commit waits for at least. */
  readonly fdatasyncMs: number;
  /** Processes that wanted a processor before anything was started. */
  readonly loadBefore: number;
  /** What each peer is made of. */
  readonly peers: Readonly<Partial<Record<Peer, string>>>;
}

export async function readMachine(stage: Stage, peers: readonly Peer[]): Promise<Machine> {
  const { root, folder, database } = stage;
  const url = database.urlOf('payonce');
  const [version] = await database.query<{ server_version: string }>(url, 'SHOW server_version');
  const settings = await database.query<{ name: string; setting: string }>(
    url,
    `SELECT name, current_setting(name) AS setting FROM pg_settings
     WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers', 'max_wal_size') ORDER BY name`,
  );
  return {
    payonce: readPackage(root).version ?? 'unknown',
    commit: commit(root),
    processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    postgres: version?.server_version ?? 'unknown',
    durability: Object.fromEntries(settings.map(({ name, setting }) => [name, setting])),
    fdatasyncMs: timeSync(folder),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    peers: Object.fromEntries(peers.map((peer) => [peer, versionsOf(root, peer)])),
  };
}

interface Package {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

function readPackage(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
}

function versionsOf(root: string, peer: Peer): string {
  if (peer === 'django') return djangoVersion();
  const { dependencies = {} } = readPackage(peerFolder(root, peer));
  return Object.entries(dependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

function djangoVersion(): string {
  const program =
    'import django, rest_framework, gunicorn; print("Django", django.__version__ + ", REST framework", ' +
    'rest_framework.__version__ + ", gunicorn", gunicorn.__version__)';
  return run('/usr/bin/python3', ['-I', '-c', program]) ?? 'unknown';
}

function commit(root: string): string {
  const name = run('git', ['-C', root, 'rev-parse', '--short', 'HEAD']);
  if (name === null) return 'unknown';
  const changed = run('git', ['-C', root, 'status', '--porcelain', '--untracked-files=no', '--', 'src']);
  return changed === '' ? name : `${name}, with changes`;
}

function run(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

const SYNCS = 100;

function timeSync(folder: string): number {
  const path = join(folder, 'sync');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(8192, 1);
  const times = Array.from({ length: SYNCS }, (_unused, index) => {
    const startedMs = performance.now();
    writeSync(file, page, 0, page.length, index * page.length);
    fdatasyncSync(file);
    return performance.now() - startedMs;
  });
  closeSync(file);
  rmSync(path);
  return Math.round((median(times) ?? 0) * 100) / 100;
}
