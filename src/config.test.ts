import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, readDatabaseUrl, SETTINGS } from './config.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Dates and times that do not exist. JavaScript reads some of them as others. */
const IMPOSSIBLE = [
  '2026-02-30T12:00:00Z',
  '2025-02-29T12:00:00Z',
  '2026-04-31T12:00:00+02:00',
  '2026-01-00T12:00:00Z',
  '2026-01-31T25:00:00Z',
  '2026-01-31T12:60:00Z',
];

describe('the configuration', () => {
  it('has a default for everything', () => {
    const config = readConfig({});
    for (const name of Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]) {
      if (name !== 'GATEWAY') expect([name, config[name]]).toEqual([name, SETTINGS[name].default]);
    }
  });

  it('takes an empty variable as not set', () => {
    const config = readConfig({ PORT: '', GATEWAY_TOKEN: '', GATEWAY: '', HOST: '' });
    expect([config.PORT, config.GATEWAY, config.isSet('PORT')]).toEqual([8000, 'fake', false]);
  });

  it('refuses an empty address: a template was not filled in', () => {
    expect(problemsOf({ GATEWAY_URL: '' })).toEqual([
      expect.stringMatching(/^GATEWAY_URL is not set.*empty/),
    ]);
    expect(problemsOf({ GATEWAY_URL: 'https://gateway.example', DATABASE_URL: '' })).toEqual([
      'DATABASE_URL is set but empty. Set it, or unset it for the embedded PostgreSQL.',
    ]);
    expect(readConfig({ GATEWAY: 'fake', GATEWAY_URL: '' }).GATEWAY_URL).toBeNull();
  });

  it('takes several secrets for events, and refuses what is none', () => {
    const [one, two] = [7, 8].map((byte) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`);
    expect(problemsOf({ GATEWAY_WEBHOOK_SECRET: `${one}, ${two}` })).toEqual([]);
    for (const text of ['hush', `${one},hush`, `whsec_${Buffer.alloc(23).toString('base64')}`])
      expect(problemsOf({ GATEWAY_WEBHOOK_SECRET: text })).toEqual([
        expect.stringMatching(/^GATEWAY_WEBHOOK_SECRET must be "whsec_"/),
      ]);
  });

  it('takes the time of a restore with its offset only, and only where the gateway has lookups', () => {
    expect(readConfig({ RESTORED_AT: '2026-01-31T12:00:00+01:00' }).RESTORED_AT).toBe(
      Date.UTC(2026, 0, 31, 11),
    );
    for (const text of [
      'yesterday',
      '2026-01-31',
      '2026-01-31T12:00:00',
      '2026-13-31T12:00:00Z',
      ...IMPOSSIBLE,
    ]) {
      expect(problemsOf({ RESTORED_AT: text })).toEqual([
        'RESTORED_AT must be a date and time with its offset, such as 2026-01-31T12:00:00Z.',
      ]);
    }
    expect(readConfig({ RESTORED_AT: '2024-02-29T23:00:00-05:00' }).RESTORED_AT).toBe(
      Date.UTC(2024, 2, 1, 4),
    );
    expect(problemsOf({ RESTORED_AT: '' })).toEqual([expect.stringMatching(/^RESTORED_AT is set but empty/)]);
    expect(problemsOf({ RESTORED_AT: '2026-01-31T12:00:00Z', GATEWAY_LOOKUP: 'no' })).toEqual([
      expect.stringMatching(/^RESTORED_AT needs a gateway with lookups/),
    ]);
  });

  it.each([
    'https://user@gateway.example',
    'https://:hunter2@gateway.example',
    'https://gateway.example/?token=hunter2',
    'https://gateway.example/#hunter2',
  ])('refuses %s as the address of a gateway, without repeating it', (GATEWAY_URL) => {
    expect(problemsOf({ GATEWAY_URL })).toEqual([
      'GATEWAY_URL must hold no user or password, no query and no fragment. Set the secret as GATEWAY_TOKEN.',
    ]);
  });

  it.each(['fake', '', ' ', 'two words', 'é', 'x'.repeat(65)])(
    'refuses %j as the name of a gateway',
    (name) => {
      const problems = problemsOf({ GATEWAY_NAME: name });
      // Empty is not set, as everywhere.
      expect(problems).toEqual(name === '' ? [] : [expect.stringMatching(/^GATEWAY_NAME must be/)]);
    },
  );

  it('production with an empty or misspelt GATEWAY_URL and a token does not start with the fake gateway', () => {
    const production = { GATEWAY_TOKEN: 'x', NODE_ENV: 'production', DATABASE_URL: 'postgres://db/payonce' };
    expect(problemsOf({ ...production, GATEWAY_URL: '' })).toEqual([
      expect.stringMatching(/^GATEWAY_URL is not set/),
    ]);
    expect(problemsOf({ ...production, GATWAY_URL: 'https://gateway.example' })).toEqual([
      expect.stringMatching(/^GATEWAY_URL is not set/),
      'GATWAY_URL is no setting of Payonce. Did you mean GATEWAY_URL? Rename it, or unset it.',
    ]);
    expect(problemsOf({ GATEWAY_TOKEN: 'x' })).toHaveLength(1);
    expect(readConfig({ ...production, GATEWAY_URL: 'https://gateway.example' }).GATEWAY).toBe('http');
  });

  it('hands the choice down to workers, for which an embedded database looks like a named one', () => {
    const { GATEWAY } = readConfig({});
    expect(readConfig({ GATEWAY, DATABASE_URL: 'postgres://127.0.0.1:1/payonce' }).GATEWAY).toBe('fake');
  });

  it('reports an unknown gateway once', () => {
    expect(problemsOf({ GATEWAY: 'paypal' })).toEqual(['GATEWAY must be one of fake, http, stripe.']);
  });

  it.each([
    ['postgres://u:hunter2@db:99999/x', /^DATABASE_URL is no valid URL\. Check its host, and its port/],
    ['postgres://u:hunter#2@db/x', /^DATABASE_URL is no valid URL\..*# as %23/],
    ['postgres://db/x?sslmode=foo', /^DATABASE_URL has an unknown sslmode\. Set it to verify-full/],
    ['postgres://db/x?sslrootcert=/nowhere/ca.pem', /^DATABASE_URL names a file that cannot be read/],
  ])('says of %s what to do', (DATABASE_URL, words) => {
    expect(problemsOf({ GATEWAY: 'fake', DATABASE_URL })).toEqual([expect.stringMatching(words)]);
    expect(() => readDatabaseUrl({ DATABASE_URL })).toThrow(ConfigError);
  });

  it('refuses a HOST with a zone where the fake gateway is reached there by a URL', () => {
    expect(problemsOf({ HOST: '::1%nope' })).toEqual([
      'HOST has a zone (the part after %), so no URL can lead to the fake gateway there. Set HOST to an address without a zone, such as 127.0.0.1.',
    ]);
    expect(
      problemsOf({ HOST: 'fe80::1%eth0', DATA_DIR: '/data', GATEWAY_URL: 'https://gateway.example' }),
    ).toEqual([]);
  });

  it('reports every problem at once', () => {
    const problems = problemsOf({ PORT: 'eighty', LEASE_MS: '-1', GATEWAY_KEYS: 'maybe', LOG_LEVEL: 'loud' });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'GATEWAY_KEYS',
      'LEASE_MS',
      'LOG_LEVEL',
    ]);
  });

  it.each(['80.5', '1e3', ' 80', '0x50', '65536', '+80'])('refuses %j as a port', (text) => {
    expect(problemsOf({ PORT: text })).toEqual(['PORT must be a whole number from 0 to 65535.']);
  });

  it('refuses a lease that a call could outlive', () => {
    expect(problemsOf({ CALL_TIMEOUT_MS: '10000', LEASE_MS: '10499' })).toHaveLength(1);
    expect(problemsOf({ CALL_TIMEOUT_MS: '10000', LEASE_MS: '10500' })).toEqual([]);
  });

  it('reports what is wrong between settings beside what is wrong with one', () => {
    const problems = problemsOf({
      CALL_TIMEOUT_MS: 'ten',
      LEASE_MS: '100',
      WAIT_MS: '2000',
      MAX_WAIT_MS: '1000',
      GATEWAY_NAME: 'two words',
      GATEWAY_URL: 'https://user@gateway.example',
      RESTORED_AT: '2026-01-31T12:00:00Z',
      GATEWAY_LOOKUP: 'no',
      PORT: 'eighty',
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'CALL_TIMEOUT_MS',
      'LEASE_MS',
      'WAIT_MS',
      'GATEWAY_NAME',
      'GATEWAY_URL',
      'RESTORED_AT',
    ]);
    expect(problemsOf({ LEASE_MS: '5000', PORT: 'eighty' })).toHaveLength(2);
    // No call can be shorter than fits into it.
    expect(problemsOf({ LEASE_MS: '550', CALL_TIMEOUT_MS: '50' })).toEqual([]);
  });

  it('has the address of the database for commands that need nothing else, and never shows it', () => {
    expect(readDatabaseUrl({ DATABASE_URL: 'postgres://u:p@db/payonce', PORT: 'eighty' })).toBe(
      'postgres://u:p@db/payonce',
    );
    for (const DATABASE_URL of [undefined, '', 'mysql://u:hunter2@db']) {
      const read = () => readDatabaseUrl(DATABASE_URL === undefined ? {} : { DATABASE_URL });
      expect(read).toThrow(/^The configuration is not valid; nothing was started\.\n- DATABASE_URL /);
      expect(read).not.toThrow(/hunter2/);
    }
  });

  it('never repeats a value, for it may be a secret', () => {
    const secret = 'mysql://user:hunter2@host/db';
    expect(problemsOf({ DATABASE_URL: secret }).join()).not.toContain('hunter2');
  });
});
