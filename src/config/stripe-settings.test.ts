import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../config.ts';
import { chooseGateway } from './choose-gateway.ts';

const STRIPE = { GATEWAY: 'stripe', STRIPE_SECRET_KEY: 'sk_test_0' };

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

describe('GATEWAY=stripe', () => {
  it.each<NodeJS.ProcessEnv>([
    {},
    { STRIPE_SECRET_KEY: 'sk_live_0A_b' },
    { STRIPE_SECRET_KEY: 'rk_live_0', STRIPE_ACCOUNT: 'acct_1A2b' },
    { STRIPE_API_BASE: 'http://127.0.0.1:12111' },
    { STRIPE_SECRET_KEY: 'sk_live_0', STRIPE_API_BASE: 'https://proxy.example/' },
    { STRIPE_WEBHOOK_SECRET: 'whsec_0' },
    { STRIPE_WEBHOOK_SECRET: 'whsec_0, whsec_1' },
    { NODE_ENV: 'production', HOST: '0.0.0.0', DATABASE_URL: 'postgres://db/payonce' },
    // Of other programs.
    { STRIPE_PUBLISHABLE_KEY: 'pk_test_0', STRIPE_SUPPRESS_NOTICES: 'true' },
    { STRIPE_SERVICE_HOST: '10.0.0.1' },
  ])('starts with %j', (env) => {
    expect(problemsOf({ ...STRIPE, ...env })).toEqual([]);
    expect(readConfig({ ...STRIPE, ...env }).GATEWAY).toBe('stripe');
  });

  it.each<[NodeJS.ProcessEnv, RegExp]>([
    [{ STRIPE_SECRET_KEY: '' }, /needs STRIPE_SECRET_KEY/],
    [{ STRIPE_SECRET_KEY: undefined }, /needs STRIPE_SECRET_KEY/],
    [{ STRIPE_SECRET_KEY: 'pk_test_0' }, /^STRIPE_SECRET_KEY must begin/],
    [{ STRIPE_SECRET_KEY: 'sk_org_live_0' }, /^STRIPE_SECRET_KEY must begin/],
    [{ STRIPE_SECRET_KEY: ' sk_live_0' }, /^STRIPE_SECRET_KEY must begin/],
    [{ STRIPE_SECRET_KEY: 'rk_test_0' }, /Set STRIPE_ACCOUNT/],
    [{ STRIPE_ACCOUNT: 'shop' }, /^STRIPE_ACCOUNT must be/],
    [{ STRIPE_API_BASE: 'stripe' }, /^STRIPE_API_BASE must be a URL/],
    [{ STRIPE_API_BASE: 'https://user:x@stripe.example' }, /^STRIPE_API_BASE must have nothing but/],
    [{ STRIPE_API_BASE: 'https://stripe.example/v1' }, /^STRIPE_API_BASE must have nothing but/],
    [{ STRIPE_SECRET_KEY: 'sk_live_0', STRIPE_API_BASE: 'http://stripe.example' }, /not https/],
    [{ STRIPE_WEBHOOK_SECRET: 'sk_live_0' }, /^STRIPE_WEBHOOK_SECRET must be/],
    [{ STRIPE_WEBHOOK_SECRET: 'whsec_0,sk_live_0' }, /^STRIPE_WEBHOOK_SECRET must be/],
    [{ GATEWAY_URL: 'https://gateway.example' }, /takes no GATEWAY_URL/],
    [{ GATEWAY_LIVEMODE: 'no' }, /takes no GATEWAY_LIVEMODE/],
    [{ GATEWAY_KEYS: 'kept' }, /takes no GATEWAY_KEYS/],
  ])('does not start with %j, and says why, without the value', (env, problem) => {
    const problems = problemsOf({ ...STRIPE, ...env });
    expect(problems).toEqual([expect.stringMatching(problem)]);
    for (const value of ['sk_live_0', 'user:x']) expect(problems.join()).not.toContain(value);
  });

  it.each([
    ['STRIPE_API_KEY', 'STRIPE_SECRET_KEY'],
    ['STRIPE_KEY', 'STRIPE_SECRET_KEY'],
    ['STRIPE_SECRETKEY', 'STRIPE_SECRET_KEY'],
    ['STRIPE_ACCOUNT_ID', 'STRIPE_ACCOUNT'],
    ['STRIPE_API_BASE_URL', 'STRIPE_API_BASE'],
    ['stripe_webhook_secrets', 'STRIPE_WEBHOOK_SECRET'],
  ])('asks whether %s was meant as %s', (name, meant) => {
    expect(problemsOf({ ...STRIPE, [name]: 'x' })).toEqual([
      expect.stringContaining(`Did you mean ${meant}?`),
    ]);
  });

  it('refuses another unknown setting of Stripe, and another gateway does not', () => {
    const other = { STRIPE_MAX_RETRIES: '2' };
    expect(problemsOf({ ...STRIPE, ...other })).toEqual([expect.stringContaining('is no setting')]);
    expect(problemsOf({ GATEWAY_URL: 'https://gateway.example', ...other })).toEqual([]);
  });
});

describe('a key of Stripe without GATEWAY=stripe', () => {
  const choose = (env: NodeJS.ProcessEnv) => chooseGateway({ env, host: '127.0.0.1' });

  it('keeps the fake gateway from starting by itself', () => {
    expect(choose({ STRIPE_SECRET_KEY: 'sk_test_0' })).toEqual({
      kind: null,
      problems: [expect.stringContaining('STRIPE_SECRET_KEY is set')],
    });
  });

  it('refuses GATEWAY=fake if it is a live one, and does not offer it either', () => {
    for (const key of ['sk_live_0', 'rk_live_0']) {
      const env = { STRIPE_SECRET_KEY: key };
      expect(choose({ ...env, GATEWAY: 'fake' }).problems).toEqual([
        expect.stringContaining('is a live key'),
      ]);
      expect(choose(env).problems.join()).not.toContain('GATEWAY=fake');
    }
    expect(choose({ STRIPE_SECRET_KEY: 'sk_test_0', GATEWAY: 'fake' }).problems).toEqual([]);
  });

  it('beside a GATEWAY_URL needs a word about which is meant', () => {
    const both = { STRIPE_SECRET_KEY: 'sk_test_0', GATEWAY_URL: 'https://gateway.example' };
    expect(choose(both).problems).toEqual([expect.stringContaining('are both set')]);
    expect(choose({ ...both, GATEWAY: 'http' })).toEqual({ kind: 'http', problems: [] });
  });
});
