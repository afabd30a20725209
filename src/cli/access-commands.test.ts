/** The commands for accounts and keys, on a real database. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase, openEmptyDatabase } from '../../test/postgres/world.ts';
import { makeTemporaryFolder } from '../../test/support/temporary-folder.ts';
import { apiKeyHash, parseApiKey } from '../domain/api-keys.ts';
import { createKeyReader } from '../postgres/access/index.ts';
import { addAccessCommands } from './access-commands.ts';

const DAY = 86_400_000;

interface Said {
  readonly out: string;
  readonly err: string;
  /** Of the error that it ended with. */
  readonly failed: string | null;
}

/** Runs commands as the program does, in this process. */
async function world({ mode = false as boolean | null } = {}) {
  const database = await openDatabase();
  const { store, pool } = database.open();
  if (mode !== null) await store.claimMode(mode);
  vi.stubEnv('DATABASE_URL', database.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  return { database, reader: createKeyReader({ pool }) };
}

async function run(...words: string[]): Promise<Said> {
  let [out, err] = ['', ''];
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const program = new Command('payonce').exitOverride();
  addAccessCommands(program);
  try {
    await program.parseAsync(words, { from: 'user' });
    return { out, err, failed: null };
  } catch (error) {
    return { out, err, failed: (error as Error).message };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

const json = ({ out }: Said) => JSON.parse(out) as never;
const CREATE = ['keys', 'create', '--scopes', 'payments:read,refunds:write'];

describe('payonce keys create', () => {
  it('prints the key, and nothing else, to standard output', async () => {
    const { reader } = await world();
    const { out, err, failed } = await run(...CREATE);
    expect(failed).toBeNull();
    const key = parseApiKey(out.trimEnd());
    expect(out).toBe(`${key?.text}\n`);
    expect(key?.livemode).toBe(false);
    expect(err).not.toContain(out.trim());
    expect(err).toContain('It is the first one. Within 5 seconds, each request needs a key.');
    expect((await run(...CREATE)).err).not.toContain('first');
    expect(err).toMatch(
      /the account default, with the scopes payments:read, refunds:write\. It is shown only now/,
    );
    expect(await reader.usableKey(apiKeyHash(out.trimEnd()))).toMatchObject({
      accountId: 'default',
      scopes: ['payments:read', 'refunds:write'],
      perSecond: null,
      expiresInMs: null,
    });
  });

  it('takes an account, a name, a time and a limit, and prints JSON', async () => {
    const { reader } = await world();
    await run('accounts', 'create', 'shop');
    const more = [
      '--account',
      'shop',
      '--name',
      'till 3',
      '--expires-in',
      '90d',
      '--per-second',
      '5',
      '--json',
    ];
    const made: { key: string; [field: string]: unknown } = json(await run(...CREATE, ...more));
    expect(made).toMatchObject({
      account_id: 'shop',
      name: 'till 3',
      mode: 'test',
      per_second: 5,
      state: 'active',
    });
    const found = await reader.usableKey(apiKeyHash(made.key));
    expect(found?.perSecond).toBe(5);
    expect(found?.expiresInMs).toBeGreaterThan(90 * DAY - 60_000);
  });

  it('makes no key of another mode than the database', async () => {
    await world({ mode: true });
    const { out, failed } = await run(...CREATE, '--mode', 'test');
    expect([out, failed]).toEqual(['', expect.stringContaining('this database is for real payments')]);
    expect((await run(...CREATE)).out).toMatch(/^po_live_/);
  });

  it('must be told the mode where nothing says it', async () => {
    await world({ mode: null });
    expect((await run(...CREATE)).failed).toContain('--mode live or --mode test');
    expect((await run(...CREATE, '--mode', 'live')).out).toMatch(/^po_live_/);
  });

  it('makes none for an account that does not exist', async () => {
    await world();
    const { out, failed } = await run(...CREATE, '--account', 'nobody');
    expect([out, failed]).toEqual(['', expect.stringContaining('payonce accounts create nobody')]);
  });

  it.each([
    ['--scopes', 'payments', /payments:read, payments:write/],
    ['--expires-in', '0s', /longer than nothing/],
    ['--expires-in', '5 days', /such as 90d/],
    ['--expires-in', '3651d', /at most ten years/],
    ['--per-second', '0', /whole number/],
    ['--per-second', '1.5', /whole number/],
    ['--name', '', /1 to 100 characters/],
    ['--account', 'a\u001b[2J', /control characters/],
    ['--mode', 'prod', /live, test/],
  ])('refuses %s %j', async (flag, value, words) => {
    await world();
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    expect((await run(...CREATE, flag, value)).failed).toMatch(words);
  });
});

it.each([[['keys', 'list']], [['accounts', 'list']], [['accounts', 'disable', 'shop']]])(
  'payonce %j in another folder makes no database',
  async (words) => {
    const DATA_DIR = join(makeTemporaryFolder(), 'none');
    vi.stubEnv('DATABASE_URL', undefined);
    vi.stubEnv('DATA_DIR', DATA_DIR);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect((await run(...words)).failed).toContain(`There is no folder ${DATA_DIR}`);
    expect(existsSync(DATA_DIR)).toBe(false);
  },
);

it('an address of a database by a name that is not read is named, so nobody takes the embedded one for it', async () => {
  vi.stubEnv('DATABASE_URL', undefined);
  vi.stubEnv('DATA_DIR', join(makeTemporaryFolder(), 'none'));
  vi.stubEnv('POSTGRES_URL', 'postgres://user:hidden@127.0.0.1/shop');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { err, failed } = await run('keys', 'list');
  expect(err).toMatch(/^DATABASE_URL is not set: .*Payonce does not read POSTGRES_URL, which is set\.\n$/);
  expect([err, failed].join()).not.toContain('hidden');
});

describe('payonce keys list', () => {
  it('shows no key, but how each one ends, and what became of it', async () => {
    await world();
    const key = (await run(...CREATE, '--name', 'till')).out.trim();
    const { out } = await run('keys', 'list');
    expect(out).toMatch(/^key +account +mode +ends in +state +scopes +name\n/);
    expect(out).toMatch(
      new RegExp(`default +test +…${key.slice(-4)} +active +payments:read,refunds:write +till\n$`),
    );
    expect(out).not.toContain(key);
    expect(json(await run('keys', 'list', '--account', 'nobody', '--json'))).toEqual([]);
  });
});

describe('payonce keys rotate', () => {
  async function rotated(...more: string[]) {
    const { reader, database } = await world();
    const old = (await run(...CREATE)).out.trim();
    const [{ key_id: id }]: [{ key_id: string }] = json(await run('keys', 'list', '--json'));
    return { reader, database, old, id, said: await run('keys', 'rotate', id, ...more) };
  }

  it('prints a new key; the old one works for 24 hours', async () => {
    const { reader, old, said } = await rotated();
    expect(said.out).toMatch(/^po_test_[0-9a-f]{40}\n$/);
    expect(said.err).toMatch(/The old one, key .* works until 2/);
    const found = await reader.usableKey(apiKeyHash(old));
    expect(found?.expiresInMs).toBeGreaterThan(DAY - 60_000);
    expect(found?.expiresInMs).toBeLessThanOrEqual(DAY);
    expect(await reader.usableKey(apiKeyHash(said.out.trim()))).toMatchObject({ scopes: found?.scopes });
  });

  it('with --overlap 0s ends the old one now', async () => {
    const { reader, old, said } = await rotated('--overlap', '0s');
    expect(said.err).toContain('stops working within 5 seconds');
    expect(await reader.usableKey(apiKeyHash(old))).toBeNull();
  });

  it('a second time names the key that it was rotated to', async () => {
    const { id } = await rotated();
    const { out, failed } = await run('keys', 'rotate', id);
    expect([out, failed]).toEqual(['', expect.stringMatching(/it was rotated before, to [0-9a-f-]{36}\./)]);
  });

  it('of a key that was revoked says so', async () => {
    const { database } = await world();
    await run(...CREATE);
    const [{ key_id: id }]: [{ key_id: string }] = json(await run('keys', 'list', '--json'));
    const revoked = await run('keys', 'revoke', id);
    expect([revoked.failed, revoked.out]).toEqual([null, expect.stringContaining('revoked')]);
    expect((await run('keys', 'rotate', id)).failed).toContain('it is revoked. Make a new one');
    expect(await database.query('SELECT FROM payonce.api_keys')).toHaveLength(1);
  });

  it('with the key itself as its name does not repeat it', async () => {
    await world();
    const key = (await run(...CREATE)).out.trim();
    for (const command of ['rotate', 'revoke']) {
      const { out, err, failed } = await run('keys', command, key);
      expect(failed).toContain('named by its id');
      expect(out + err + failed).not.toContain(key);
    }
  });

  it('of an unknown key is an error', async () => {
    await world();
    const id = '01936b1e-7f2a-7c3d-8e4f-0123456789ab';
    for (const command of ['rotate', 'revoke']) {
      expect((await run('keys', command, id)).failed).toContain(`There is no key ${id}.`);
    }
  });
});

describe('payonce accounts', () => {
  it('makes, shows, disables and enables them', async () => {
    await world();
    expect((await run('accounts', 'create', 'shop')).out).toMatch(/shop +active +0/);
    expect((await run('accounts', 'create', 'shop')).failed).toContain('exists already');
    await run(...CREATE, '--account', 'shop');
    const disabled = await run('accounts', 'disable', 'shop');
    expect(disabled.out).toMatch(/shop +disabled since 2\S+ +1/);
    expect(disabled.err).toContain('within 5 seconds');
    expect(json(await run('accounts', 'show', 'shop', '--json'))).toMatchObject({
      account_id: 'shop',
      active_keys: 1,
      disabled_at: expect.any(String),
    });
    await run('accounts', 'enable', 'shop');
    const all: object = json(await run('accounts', 'list', '--json'));
    expect(all).toMatchObject([{ account_id: 'default' }, { account_id: 'shop', disabled_at: null }]);
    expect((await run('accounts', 'show', 'nobody')).failed).toContain('There is no account nobody.');
  });
});

it('a database without the tables is left as it is', async () => {
  const database = await openEmptyDatabase();
  vi.stubEnv('DATABASE_URL', database.url);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { out, failed } = await run(...CREATE, '--mode', 'test');
  expect([out, failed]).toEqual(['', expect.stringContaining('payonce migrate')]);
  expect(await database.query(`SELECT to_regclass('payonce.migrations') AS there`)).toEqual([
    { there: null },
  ]);
});
