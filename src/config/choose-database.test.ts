import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../config.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const STRIPE = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_live_0' };
const HTTP = { GATEWAY_URL: 'https://gateway.example' };
const OPEN = { HOST: '0.0.0.0' };
const PRODUCTION = { NODE_ENV: 'production' };
const REFUSED = [expect.stringMatching(/^DATABASE_URL is not set, although the gateway moves real money/)];

describe('the embedded database is refused where real money moves', () => {
  it.each<Record<string, string>>([
    { ...STRIPE, ...PRODUCTION },
    { ...STRIPE, ...OPEN },
    { ...STRIPE, STRIPE_SECRET_KEY: 'rk_live_0', STRIPE_ACCOUNT: 'acct_1', ...OPEN },
    { ...HTTP, ...PRODUCTION },
    { ...HTTP, GATEWAY: 'http', GATEWAY_LIVEMODE: 'yes', NODE_ENV: ' Prod ' },
    { ...HTTP, GATEWAY_LIVEMODE: '', HOST: '::' },
    { ...HTTP, HOST: 'payments.internal' },
    { ...HTTP, ...OPEN, DATA_DIR: '' },
  ])('with %j', (env) => expect(problemsOf(env)).toEqual(REFUSED));

  it('and the message says why, that nothing happened, and what to do', () => {
    const [problem] = problemsOf({ ...STRIPE, ...OPEN, ...PRODUCTION });
    expect(problem).toBe(
      'DATABASE_URL is not set, although the gateway moves real money and HOST is no loopback address and NODE_ENV says production. ' +
        'The payments would be kept in an embedded database on this machine. Another machine, or a new container, would not know them, and would charge the same orders again. ' +
        'Nothing was started and nothing was sent. ' +
        'Set DATABASE_URL to the PostgreSQL that all processes share, or DATA_DIR to a folder that is kept, if this is the only machine.',
    );
  });

  it.each(['POSTGRES_URL', 'POSTGRESQL_URL', 'PG_URL', 'DB_URL', 'PGHOST'])(
    'and %s is named, but not its value',
    (name) => {
      const [problem] = problemsOf({ ...STRIPE, ...OPEN, [name]: 'postgres://user:hush@db/name' });
      expect(problem).toMatch(new RegExp(` Payonce does not read ${name}, which is set\\.$`));
      expect(problem).not.toContain('hush');
    },
  );

  it('and several such names are named together', () => {
    const [problem] = problemsOf({ ...STRIPE, ...OPEN, PGHOST: 'db', DB_URL: 'postgres://db/x', PG_URL: '' });
    expect(problem).toMatch(/ Payonce does not read DB_URL and PGHOST, which are set\.$/);
  });
});

describe('the start goes on', () => {
  const database = { DATABASE_URL: 'postgres://db/payonce' };
  it.each<Record<string, string>>([
    { ...STRIPE, ...OPEN, ...PRODUCTION, ...database },
    { ...HTTP, ...OPEN, ...PRODUCTION, ...database },
    // The person has chosen where the payments are kept.
    { ...STRIPE, ...OPEN, ...PRODUCTION, DATA_DIR: '/var/lib/payonce' },
    // Only this machine, and nothing says production.
    STRIPE,
    { ...STRIPE, HOST: 'localhost', NODE_ENV: 'development' },
    { ...HTTP, HOST: '127.0.0.2' },
    { ...HTTP, PGHOST: 'db', POSTGRES_URL: 'postgres://db/x' },
    // No real money.
    { ...STRIPE, STRIPE_SECRET_KEY: 'sk_test_0', ...OPEN, ...PRODUCTION },
    { ...HTTP, GATEWAY_LIVEMODE: 'no', ...OPEN, ...PRODUCTION },
    { GATEWAY: 'fake', ...OPEN },
  ])('with %j', (env) => expect(problemsOf(env)).toEqual([]));
});

it('an empty DATABASE_URL is reported once', () => {
  expect(problemsOf({ ...STRIPE, ...OPEN, DATABASE_URL: '' })).toEqual([
    'DATABASE_URL is set but empty. Set it, or unset it for the embedded PostgreSQL.',
  ]);
});
