import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'payonce-gateways-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const STRIPE = {
  accounts: ['ours'],
  GATEWAY: 'stripe',
  STRIPE_SECRET_KEY: 'sk_test_a',
  STRIPE_ACCOUNT: 'acct_1',
};
const HTTP = {
  accounts: ['theirs', 'third'],
  GATEWAY_URL: 'https://acquirer.example',
  GATEWAY_NAME: 'acquirer',
};

function read(content: unknown, env: NodeJS.ProcessEnv = {}) {
  const file = join(folder, 'gateways.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readConfig({ GATEWAYS_FILE: file, ...env });
}

/** What it says is wrong. */
function wrong(content: unknown, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    read(content, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('a file of gateways', () => {
  it('gives each its accounts and settings, and all of them the rest of the environment', () => {
    const { others, ...first } = read([STRIPE, { ...HTTP, MAX_CALLS: '7' }], {
      PORT: '1234',
      MAX_CALLS: '99',
    });
    expect(first).toMatchObject({
      accounts: ['ours'],
      GATEWAY: 'stripe',
      STRIPE_ACCOUNT: 'acct_1',
      MAX_CALLS: 99,
      PORT: 1234,
    });
    expect(others).toMatchObject([
      { accounts: ['theirs', 'third'], GATEWAY: 'http', GATEWAY_NAME: 'acquirer', MAX_CALLS: 7, PORT: 1234 },
    ]);
  });

  it('may leave a secret to a variable of any name', () => {
    const config = read([{ ...STRIPE, STRIPE_SECRET_KEY: { env: 'STRIPE_KEY_OF_OURS' } }, HTTP], {
      STRIPE_KEY_OF_OURS: 'sk_test_from_outside',
    });
    expect(config.STRIPE_SECRET_KEY).toBe('sk_test_from_outside');
  });

  it('may hold one gateway with its accounts', () => {
    expect(read([{ ...HTTP, accounts: [] }])).toMatchObject({ accounts: [], others: [] });
  });

  it.each([
    ['no list', '{}', /must hold a JSON list/],
    ['no JSON', '[sk_live_secret', /must hold a JSON list/],
    ['nothing', [], /at least one gateway/],
    ['a text', ['stripe'], /gateway 1: it must be an object/],
    ['no accounts', [{ GATEWAY_URL: 'https://x.example' }], /gateway 1: "accounts" must be a list/],
    ['an account that is no text', [{ ...HTTP, accounts: [7] }], /"accounts" must hold texts/],
    ['an account without a name', [{ ...HTTP, accounts: [''] }], /an account id must not be empty/],
    ['an account twice', [STRIPE, { ...HTTP, accounts: ['ours'] }], /gateway 2: the account "ours" has a/],
    ['no gateway at all', [{ accounts: ['ours'] }], /gateway 1: it needs GATEWAY_URL, or GATEWAY/],
    ['the fake gateway', [{ accounts: ['ours'], GATEWAY: 'fake' }], /cannot be one of several/],
    ['a number', [{ ...HTTP, MAX_CALLS: 7 }], /MAX_CALLS must be a text/],
    ['a variable that is not set', [{ ...HTTP, GATEWAY_TOKEN: { env: 'NOT_SET' } }], /NOT_SET, which is not/],
    ['a misspelt setting', [{ ...HTTP, GATEWAY_TOKN: 'x' }], /Did you mean GATEWAY_TOKEN/],
    ['a setting of the server', [{ ...HTTP, PORT: '1' }], /PORT is no setting of a gateway/],
    ['a wrong value', [STRIPE, { ...HTTP, GATEWAY_LOOKUP: 'x' }], /gateway 2: GATEWAY_LOOKUP must be one of/],
    ['no account of Stripe', [{ ...STRIPE, STRIPE_ACCOUNT: '' }, HTTP], /STRIPE_ACCOUNT is needed beside/],
  ])('refuses %s', (_, content, words) => {
    const problems = wrong(content);
    expect(problems.join('\n')).toMatch(words);
    expect(problems.join('\n')).not.toContain('secret');
  });

  it('refuses a file that is not there', () => {
    expect(() => readConfig({ GATEWAYS_FILE: join(folder, 'none') })).toThrow(/cannot be read \(ENOENT\)/);
  });

  it('refuses a gateway in the environment beside it', () => {
    expect(
      wrong([STRIPE, HTTP], { GATEWAY_URL: 'https://x.example', STRIPE_SECRET_KEY: 'sk_test_b' }),
    ).toEqual([
      'GATEWAYS_FILE and GATEWAY_URL are both set. Put GATEWAY_URL into the file, or unset one of the two.',
      'GATEWAYS_FILE and STRIPE_SECRET_KEY are both set. Put STRIPE_SECRET_KEY into the file, or unset one of the two.',
    ]);
  });

  it('refuses the embedded database if any of the gateways moves real money, and names that once', () => {
    const open = { HOST: '0.0.0.0' };
    const live = { ...STRIPE, STRIPE_SECRET_KEY: 'sk_live_a' };
    const sandbox = { ...HTTP, GATEWAY_LIVEMODE: 'no' };
    const words = 'DATABASE_URL is not set, although the gateway moves real money';
    expect(wrong([live, HTTP], open)).toEqual([expect.stringMatching(`^${words}`)]);
    expect(wrong([STRIPE, HTTP], open)).toEqual([
      expect.stringMatching(`^GATEWAYS_FILE, gateway 2: ${words}`),
    ]);
    expect(wrong([live], open)).toEqual([expect.stringMatching(`^GATEWAYS_FILE, gateway 1: ${words}`)]);
    expect(wrong([STRIPE, sandbox], open)).toEqual([]);
    expect(wrong([live, HTTP], { ...open, DATABASE_URL: 'postgres://db/payonce' })).toEqual([]);
    expect(wrong([live, HTTP], { ...open, DATA_DIR: '/var/lib/payonce' })).toEqual([]);
  });

  it('names what is wrong with the server once', () => {
    expect(wrong([STRIPE, HTTP], { PORT: 'x' })).toEqual(['PORT must be a whole number from 0 to 65535.']);
  });
});
