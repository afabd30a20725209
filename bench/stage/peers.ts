/** Which peers can be started: their packages are installed where they are missing, and what cannot be had is said. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Peer, peerFolder } from './subjects.ts';

export interface Skipped {
  readonly peer: Peer;
  readonly reason: string;
}

export interface Peers {
  readonly ready: readonly Peer[];
  readonly skipped: readonly Skipped[];
}

export async function preparePeers(options: {
  readonly root: string;
  readonly wanted: readonly Peer[];
  readonly say: (line: string) => void;
}): Promise<Peers> {
  const { root, wanted, say } = options;
  const ready: Peer[] = [];
  const skipped: Skipped[] = [];
  for (const peer of wanted) {
    const reason = await prepare(peer, peerFolder(root, peer), say);
    if (reason === null) ready.push(peer);
    else skipped.push({ peer, reason });
  }
  for (const { peer, reason } of skipped) say(`${peer} is left out: ${reason}`);
  return { ready, skipped };
}

/** Null: it can be started. Otherwise why not. */
async function prepare(peer: Peer, folder: string, say: (line: string) => void): Promise<string | null> {
  if (!existsSync(join(folder, 'server.mjs'))) return 'its server is not there';
  if (hasPackages(folder) && !existsSync(join(folder, 'node_modules', '.package-lock.json'))) {
    say(`Installing the packages of ${peer} (npm ci) …`);
    const { code, output } = await run(...npm(['ci', ...QUIET]), folder);
    if (code !== 0) return `npm ci in ${folder} failed: ${gist(output)}`;
  }
  if (peer !== 'django') return null;
  const { code, output } = await run(process.execPath, [join(folder, 'server.mjs'), '--check'], folder);
  return code === 0 ? null : gist(output);
}

const QUIET = ['--no-audit', '--no-fund', '--no-progress', '--no-update-notifier', '--loglevel=error'];

function hasPackages(folder: string): boolean {
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Readonly<Record<string, string>> };
  return Object.keys(dependencies).length > 0;
}

/** The npm that runs us, else the one in the PATH. */
function npm(args: readonly string[]): [string, readonly string[]] {
  const running = process.env.npm_execpath;
  return running === undefined ? ['npm', args] : [process.execPath, [running, ...args]];
}

/** Enough for a slow registry; a longer wait means that there is no network. */
const TIMEOUT_MS = 300_000;

function run(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd, timeout: TIMEOUT_MS, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: `${stdout}\n${stderr}` });
    });
  });
}

/** Lines of what went wrong that are worth repeating. */
const GIST_LINES = 3;

function gist(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!)/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('A complete log'));
  return lines.length === 0 ? 'it said nothing' : lines.slice(0, GIST_LINES).join('; ');
}
