/** The command line, as scripts and people on call use it. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openEmptyDatabase } from '../postgres/world.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function payonce(words: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...words], { env: { PATH: process.env.PATH ?? '', ...env } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('a wrong use is exit code 2, with words', () => {
  it.each([
    [['frobnicate'], /there is no command 'frobnicate', only start, migrate, fake-gateway/],
    [['frobnicate', '--help'], /there is no command 'frobnicate'/],
    [['--help', 'frobnicate'], /there is no command 'frobnicate'/],
    [['help', 'frobnicate'], /there is no command 'frobnicate'/],
    [['migrate', '--database-url', 'postgres://db/payonce'], /unknown option/],
    [['migrate', 'postgres://db/payonce'], /too many arguments/],
    [['fake-gateway', '--port', 'eighty'], /whole number/],
    [['fake-gateway', '--database-url', 'postgres://u:hunter2@db/x'], /Set PGPASSWORD/],
    [['fake-gateway', '--database-url', 'postgres://db/x?sslmode=foo'], /has an unknown sslmode/],
    [
      ['fake-gateway', '--memory', '--database-url', 'postgres://db/x'],
      /'--memory' cannot be used with option '--database-url/,
    ],
    [['fake-gateway', '--memory', '--data-dir', 'x'], /'--memory' cannot be used with option '--data-dir/],
    [
      ['fake-gateway', '--database-url', 'postgres://db/x', '--data-dir', 'x'],
      /'--data-dir <folder>' cannot be used with option '--database-url/,
    ],
  ])('%j', async (words, said) => {
    const { code, err } = await payonce(words);
    expect([code, err]).toEqual([2, expect.stringMatching(said)]);
    expect(err).toContain('Nothing was started.');
  });

  it('but a request for help is exit code 0', async () => {
    for (const words of [['--help'], ['help'], ['migrate', '--help'], ['help', 'migrate'], ['--version']]) {
      expect(await payonce(words), words.join(' ')).toMatchObject({ code: 0, err: '' });
    }
  });
});

describe('migrate', () => {
  it('takes DATABASE_URL, so that no password is on a command line', async () => {
    const { url } = await openEmptyDatabase();
    expect(await payonce(['migrate'], { DATABASE_URL: url })).toEqual({
      code: 0,
      out: 'The database is up to date.\n',
      err: '',
    });
  });

  it('says what is wrong, what was not done and what to do', async () => {
    const unset = await payonce(['migrate']);
    expect([unset.code, unset.err]).toEqual([1, expect.stringMatching(/DATABASE_URL is not set\. Set it/)]);
    const nobody = await payonce(['migrate'], { DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/x' });
    expect([nobody.code, nobody.err]).toEqual([
      1,
      expect.stringMatching(/^The database was not migrated\. .*ECONNREFUSED.*Start PostgreSQL/),
    ]);
    expect(nobody.err).not.toContain('hunter2');
  });
});
