/** API keys with the real service and the real command: no key, the first one, a rotation, a revocation. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openEmptyDatabase } from '../postgres/world.ts';
import { FAST, startService } from './support/service.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Runs the command, and returns what it printed to standard output. */
function payonce(url: string, ...words: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', DATABASE_URL: url };
  const child = spawn(process.execPath, [CLI, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve, reject) => {
    child.once('close', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`exit code ${code}: ${err}`)),
    );
  });
}

const KEYS = ['keys', 'create', '--scopes', 'payments:read,payments:write'];

test.each(['1', '2'])('with %s workers', async (WORKERS) => {
  const { url } = await openEmptyDatabase();
  const env = { ...FAST, DATABASE_URL: url, GATEWAY: 'fake', AUTH: 'required', WORKERS };
  await expect(startService(env)).rejects.toThrow(/payonce keys create --mode test --scopes admin/);

  const key = (await payonce(url, ...KEYS, '--mode', 'test')).trim();
  const service = await startService(env);
  onTestFinished(() => service.kill());
  expect(service.output()).toContain('-H "Authorization: Bearer $PAYONCE_KEY"');
  const status = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization: `Bearer ${authorization}` };
    return (await fetch(`${service.url}/v1/payments`, { headers })).status;
  };
  expect([await status(), await status(key)]).toEqual([401, 200]);

  const [stored] = JSON.parse(await payonce(url, 'keys', 'list', '--json'));
  const next = (await payonce(url, 'keys', 'rotate', stored.key_id)).trim();
  expect([await status(key), await status(next)]).toEqual([200, 200]);
  await payonce(url, 'keys', 'revoke', stored.key_id);
  await expect.poll(() => status(key)).toBe(401);
  expect(await status(next)).toBe(200);

  await payonce(url, 'accounts', 'disable', 'default');
  await expect.poll(() => status(next)).toBe(401);
  expect(service.output()).not.toMatch(/po_(?:live|test)_[0-9a-f]/);
});
