import { describe, expect, it } from 'vitest';
import { chooseGateway } from './choose-gateway.ts';

const choose = (env: NodeJS.ProcessEnv) => chooseGateway({ env, host: env.HOST ?? '127.0.0.1' });
const URLS = { GATEWAY_URL: 'https://gateway.example', DATABASE_URL: 'postgres://db/payonce' };

describe('without a setting of the gateway', () => {
  it('an empty environment gets the fake one', () => {
    expect(choose({})).toEqual({ kind: 'fake', problems: [] });
  });

  it.each([
    {
      PGHOST: 'db.example',
      PGDATABASE: 'shop',
      DB_URL: 'postgres://db/shop',
      POSTGRES_URL: 'postgres://db/shop',
    },
    { NODE_ENV: 'development' },
    { NODE_ENV: 'test' },
    { PAYMENT_GATEWAY_URL: '' },
    { GATEWAY_URL_DOCS: 'https://x.example' },
  ])('what a developer’s machine has anyway does not matter: %j', (env) => {
    expect(choose(env)).toEqual({ kind: 'fake', problems: [] });
  });

  it('another name for an address does not matter where the gateway is set', () => {
    const env = { PAYMENT_GATEWAY_URL: 'https://x.example' };
    expect(choose({ ...env, ...URLS }).problems).toEqual([]);
    expect(choose({ ...env, GATEWAY: 'fake' }).problems).toEqual([]);
  });

  it('an address gets the gateway there, whatever else is set', () => {
    const env = { ...URLS, GATEWAY_TOKEN: 'x', NODE_ENV: 'production', HOST: '0.0.0.0' };
    expect(choose(env)).toEqual({ kind: 'http', problems: [] });
  });

  it.each([
    ['GATEWAY_URL is set but empty', { GATEWAY_URL: '' }],
    ['DATABASE_URL is set', { DATABASE_URL: 'postgres://db/payonce' }],
    ['DATABASE_URL is set', { DATABASE_URL: '' }],
    ['HOST is no loopback address', { HOST: '0.0.0.0' }],
    ['GATEWAY_TOKEN is set', { GATEWAY_TOKEN: 'x' }],
    ['GATEWAY_LIVEMODE is yes', { GATEWAY_LIVEMODE: 'yes' }],
    ['NODE_ENV says production', { NODE_ENV: 'production' }],
    ['NODE_ENV says production', { NODE_ENV: 'Production' }],
    ['NODE_ENV says production', { NODE_ENV: 'prod' }],
    ['NODE_ENV says production', { NODE_ENV: ' LIVE ' }],
    ['PAYMENT_GATEWAY_URL is set, which Payonce does not read', { PAYMENT_GATEWAY_URL: 'https://x.example' }],
    ['app_gateway_url is set, which Payonce does not read', { app_gateway_url: 'https://x.example' }],
    ['PAYMENTGATEWAYURL is set, which Payonce does not read', { PAYMENTGATEWAYURL: 'https://x.example' }],
  ])('the fake one is not chosen where %s', (reason, env) => {
    const { kind, problems } = choose(env);
    expect([kind, problems.length]).toEqual([null, 1]);
    expect(problems[0]).toContain(`where ${reason}. Set GATEWAY_URL`);
  });

  it('every reason against the fake one is reported at once, and it is not offered where money is meant', () => {
    const env = {
      GATEWAY_URL: '',
      DATABASE_URL: 'x',
      HOST: '::',
      GATEWAY_TOKEN: 'x',
      NODE_ENV: 'production',
    };
    expect(choose(env).problems).toEqual([
      'GATEWAY_URL is not set. The fake gateway, which moves no money, is not started by itself where ' +
        'GATEWAY_URL is set but empty and DATABASE_URL is set and HOST is no loopback address and GATEWAY_TOKEN is set and ' +
        'NODE_ENV says production. Set GATEWAY_URL to the address of your gateway.',
    ]);
    expect(choose({ DATABASE_URL: 'x' }).problems[0]).toContain('or GATEWAY=fake');
  });

  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST',
  ])('%s is a loopback address', (host) => {
    expect(choose({ HOST: host }).kind).toBe('fake');
  });

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '128.0.0.1',
    '::2',
    '::ffff:10.0.0.1',
    'localhost.example',
    '127.0.0.1.example',
    '127.1',
  ])('%s is none', (host) => {
    expect(choose({ HOST: host }).kind).toBeNull();
  });
});

describe('GATEWAY=http', () => {
  it('needs an address', () => {
    const problems = ['GATEWAY=http needs GATEWAY_URL: the address of your gateway.'];
    expect(choose({ GATEWAY: 'http' })).toEqual({ kind: null, problems });
    expect(choose({ GATEWAY: 'http', GATEWAY_URL: '' })).toEqual({ kind: null, problems });
    expect(choose({ GATEWAY: 'http', ...URLS })).toEqual({ kind: 'http', problems: [] });
  });
});

describe('GATEWAY=fake', () => {
  it('is taken with a database of its own, and on any host', () => {
    const env = { GATEWAY: 'fake', DATABASE_URL: 'postgres://db/staging', HOST: '0.0.0.0', GATEWAY_URL: '' };
    expect(choose(env)).toEqual({ kind: 'fake', problems: [] });
  });

  it.each([
    [{ NODE_ENV: 'production' }, /NODE_ENV says production/],
    [{ NODE_ENV: 'prod' }, /NODE_ENV says production/],
    [{ GATEWAY_TOKEN: 'x' }, /takes no GATEWAY_TOKEN/],
    [{ GATEWAY_URL: 'https://gateway.example' }, /contradicts GATEWAY_URL/],
    [{ GATEWAY_LIVEMODE: 'yes' }, /GATEWAY_LIVEMODE says that it does/],
  ])('is refused with %j', (env, words) => {
    expect(choose({ GATEWAY: 'fake', ...env }).problems).toEqual([expect.stringMatching(words)]);
  });
});
