/** API keys with the real service and the real command: no key, the first one, a rotation, a revocation. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openEmptyDatabase } from '../postgres/world.ts';
import { makeTemporaryFolder, removeDataDir } from '../support/temporary-folder.ts';
import { FAST, startService } from './support/service.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Runs the command, and returns what it printed to standard output. */
function payonce(place: Readonly<Record<string, string>>, ...words: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', ...place };
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
  const place = { DATABASE_URL: url };
  const env = { ...FAST, ...place, GATEWAY: 'fake', AUTH: 'required', WORKERS };
  await expect(startService(env)).rejects.toThrow(/payonce keys create --mode test --scopes admin/);

  const key = (await payonce(place, ...KEYS, '--mode', 'test')).trim();
  const service = await startService(env);
  onTestFinished(() => service.kill());
  expect(service.output()).toContain('-H "Authorization: Bearer $PAYONCE_API_KEY"');
  const status = async (authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization: `Bearer ${authorization}` };
    return (await fetch(`${service.url}/v1/payments`, { headers })).status;
  };
  expect([await status(), await status(key)]).toEqual([401, 200]);

  const [stored] = JSON.parse(await payonce(place, 'keys', 'list', '--json'));
  const next = (await payonce(place, 'keys', 'rotate', stored.key_id)).trim();
  expect([await status(key), await status(next)]).toEqual([200, 200]);
  await payonce(place, 'keys', 'revoke', stored.key_id);
  await expect.poll(() => status(key)).toBe(401);
  expect(await status(next)).toBe(200);

  await payonce(place, 'accounts', 'disable', 'default');
  await expect.poll(() => status(next)).toBe(401);
  expect(service.output()).not.toMatch(/po_(?:live|test)_[0-9a-f]/);
});

test('a new key while the server runs on its embedded PostgreSQL', async () => {
  const place = { DATA_DIR: makeTemporaryFolder() };
  onTestFinished(() => removeDataDir(place.DATA_DIR));
  const service = await startService({ ...FAST, ...place });
  onTestFinished(() => service.kill());
  const status = async (headers = {}) => (await fetch(`${service.url}/v1/payments`, { headers })).status;
  expect(await status()).toBe(200);
  const key = (await payonce(place, ...KEYS)).trim();
  expect(await status({ authorization: `Bearer ${key}` })).toBe(200);
  await expect.poll(() => status()).toBe(401);
  await expect.poll(() => service.output()).toContain('from now on, each request needs an API key');
  service.signal('SIGTERM');
  expect(await service.ended).toEqual({ code: 0, signal: null });
  // Nobody runs the database now, so the command does.
  expect(JSON.parse(await payonce(place, 'keys', 'list', '--json'))).toMatchObject([{ state: 'active' }]);
});
