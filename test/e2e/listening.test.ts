/** An address on which nothing can listen: Payonce explains it, ends with an exit code, and leaves nothing running. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { makeDataDir, removeOriginal } from '../support/data-dir.ts';
import { removeDataDir } from '../support/temporary-folder.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await makeDataDir();
});
afterEach(() => removeDataDir(folder));
afterAll(removeOriginal);

/** Resolves when every process that could write to the pipes has ended, because each of them keeps the pipes open. */
function run(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH ?? '', DATA_DIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, said })));
}

/** PostgreSQL removes this file when it ends. */
const hasDatabase = (): boolean => existsSync(join(folder, 'postgres', 'postmaster.pid'));

async function takenPort(): Promise<{ readonly port: string; close(): void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: String((server.address() as AddressInfo).port), close: () => server.close() };
}

test.each(['1', '2'])('a port that is taken, with %s workers', async (WORKERS) => {
  const { port, close } = await takenPort();
  const { code, said } = await run({ PORT: port, WORKERS });
  close();
  expect(said).toContain(`Port ${port} of 127.0.0.1 is taken. Set PORT to another one`);
  expect(said).toContain('Nothing was started.');
  expect([code, hasDatabase(), said.includes('takes payments at')]).toEqual([1, false, false]);
});

test.each([
  [
    'no-such-host.invalid',
    '1',
    /no-such-host\.invalid is not an address|does not answer for no-such-host\.invalid/,
  ],
  [
    'no-such-host.invalid',
    '2',
    /no-such-host\.invalid is not an address|does not answer for no-such-host\.invalid/,
  ],
  ['192.0.2.1', '1', /This machine has no address 192\.0\.2\.1\./],
  ['192.0.2.1', '2', /This machine has no address 192\.0\.2\.1\./],
])('a host that is not this machine: %s, with %s workers', async (HOST, WORKERS, words) => {
  const { code, said } = await run({ HOST, WORKERS, GATEWAY: 'fake' });
  expect(said).toMatch(words);
  expect(said).toContain('Nothing was started.');
  expect([code, hasDatabase(), said.includes('takes payments at')]).toEqual([1, false, false]);
});
