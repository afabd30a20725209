import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig, SETTINGS } from './config.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('the configuration', () => {
  it('has a default for everything', () => {
    const config = readConfig({});
    for (const name of Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]) {
      expect([name, config[name]]).toEqual([name, SETTINGS[name].default]);
    }
  });

  it('takes an empty variable as not set', () => {
    const config = readConfig({ PORT: '', GATEWAY_URL: '' });
    expect([config.PORT, config.GATEWAY_URL, config.isSet('PORT')]).toEqual([8000, null, false]);
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

  it('never repeats a value, for it may be a secret', () => {
    const secret = 'mysql://user:hunter2@host/db';
    expect(problemsOf({ DATABASE_URL: secret }).join()).not.toContain('hunter2');
  });
});
