/** The command line, as scripts and people on call use it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openEmptyDatabase } from '../postgres/world.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `onOutput` gets all that was printed so far. */
function payonce(
  words: readonly string[],
  env: Record<string, string> = {},
  onOutput: (out: string, child: ChildProcess) => void = () => {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...words], { env: { PATH: process.env.PATH ?? '', ...env } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk) => {
      out += chunk;
      onOutput(out, child);
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
    expect(err).not.toContain('hunter2');
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

describe('fake-gateway', () => {
  it('listens where it is told, with the seed and the faults that it was given, and ends with 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const words = [
        '--memory',
        '--host',
        'localhost',
        '--port',
        '0',
        '--seed',
        '7',
        '--faults',
        '{"declined":0.5}',
      ];
      let asked: Promise<unknown> | undefined;
      const { code } = await payonce(['fake-gateway', ...words], {}, (out, child) => {
        const url = /its faults: curl (http:\/\/localhost:\d+\/_faults)\n/.exec(out)?.[1];
        if (url === undefined) return;
        asked ??= fetch(url)
          .then((answer) => answer.json())
          .finally(() => child.kill(signal));
      });
      expect(await asked).toMatchObject({ seed: 7, declined: { rate: 0.5 }, error_before: { rate: 0 } });
      expect(code).toBe(0);
    }
  });

  it('says how to reach it as a Stripe, and is one', async () => {
    let asked: Promise<unknown> | undefined;
    const words = ['--memory', '--port', '0', '--stripe', '--faults', '{}'];
    const { code, out } = await payonce(['fake-gateway', ...words], {}, (said, child) => {
      const url = /the base address (\S+)\n/.exec(said)?.[1];
      if (url === undefined || !said.includes('curl http')) return;
      const headers = { authorization: 'Bearer sk_test_fake' };
      asked ??= fetch(`${url}/v1/account`, { headers })
        .then((answer) => answer.json())
        .finally(() => child.kill('SIGTERM'));
    });
    expect(await asked).toMatchObject({ object: 'account' });
    expect(code).toBe(0);
    const port = /port (\d+), protocol http/.exec(out)?.[1];
    expect(out).toContain(
      `new Stripe('sk_test_fake', { host: '127.0.0.1', port: ${port}, protocol: 'http' })`,
    );
  });

  it('says where nothing can listen, and what is missing, with exit code 1', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const taken = await payonce(['fake-gateway', '--memory', '--port', String(port)]);
    server.close();
    expect([taken.code, taken.err]).toEqual([
      1,
      expect.stringMatching(/is taken\. Set --port to another one/),
    ]);
    const elsewhere = await payonce(['fake-gateway', '--memory', '--port', '0', '--host', '192.0.2.1']);
    expect([elsewhere.code, elsewhere.err]).toEqual([
      1,
      expect.stringMatching(/no address 192\.0\.2\.1\. Set --host/),
    ]);
    const half = await payonce([
      'fake-gateway',
      '--memory',
      '--port',
      '0',
      '--webhook-url',
      'http://127.0.0.1:9',
    ]);
    expect([half.code, half.err]).toEqual([
      1,
      expect.stringMatching(/Nothing was started\. --webhook-url and --webhook-secret need each other/),
    ]);
    const halfStripe = await payonce([
      'fake-gateway',
      '--memory',
      '--port',
      '0',
      '--stripe-webhook-secret',
      'whsec_x',
    ]);
    expect([halfStripe.code, halfStripe.err]).toEqual([
      1,
      expect.stringMatching(/--stripe-webhook-url and --stripe-webhook-secret need each other/),
    ]);
    for (const { out } of [taken, elsewhere, half, halfStripe]) expect(out).toBe('');
  });
});
