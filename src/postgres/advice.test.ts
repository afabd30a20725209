import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openEmptyDatabase } from '../../test/postgres/world.ts';
import { connectError, inWords } from './errors.ts';

/** The driver's error when it cannot connect there. */
async function failureAt(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (error) {
    return error;
  }
  await client.end();
  throw new Error('connected');
}

async function at(change: (url: URL) => unknown): Promise<string> {
  const { url } = await openEmptyDatabase();
  const changed = new URL(url);
  change(changed);
  return connectError(await failureAt(changed.href)).message;
}

describe('a connection that fails says what to do', () => {
  it.each([
    [
      'a wrong password',
      (url: URL) => Object.assign(url, { password: 'wrong' }),
      /password authentication failed.*Check the user and the password/,
    ],
    [
      'a database that is not there',
      (url: URL) => Object.assign(url, { pathname: '/nope' }),
      /"nope" does not exist\. Check the name/,
    ],
    [
      'a port where nothing listens',
      (url: URL) => Object.assign(url, { port: '1' }),
      /ECONNREFUSED.*Nothing listens there\. Start PostgreSQL/,
    ],
    [
      'TLS that the server does not have',
      (url: URL) => Object.assign(url, { search: '?sslmode=verify-full' }),
      /asks for TLS/,
    ],
  ])('%s', async (_name, change, words) => {
    expect(await at(change)).toMatch(words);
  });

  it.each([
    [Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND' }), /host name/],
    [
      Object.assign(new Error('sorry, too many clients already'), { code: '53300', severity: 'FATAL' }),
      /DATABASE_POOL/,
    ],
    [Object.assign(new Error('no encryption'), { code: '28000', severity: 'FATAL' }), /sslmode=verify-full/],
    [
      Object.assign(new Error('permission denied for schema payonce'), { code: '42501', severity: 'ERROR' }),
      /payonce migrate/,
    ],
    [
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      /there is none in DATABASE_URL/,
    ],
    [new Error('timeout exceeded when trying to connect'), /firewall/],
    [new Error('No connection became free in time (5000 ms)'), /raise DATABASE_POOL/],
    [
      Object.assign(new Error('connect ENOENT /tmp/.s.PGSQL.5432'), { code: 'ENOENT' }),
      /No PostgreSQL listens at that socket/,
    ],
    [
      Object.assign(new Error("ENOENT: no such file or directory, open '/x/ca.pem'"), { code: 'ENOENT' }),
      /sslrootcert, sslcert or sslkey\) cannot be read\. Correct/,
    ],
    [
      new AggregateError(
        [Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' })],
        '',
      ),
      /Nothing listens/,
    ],
  ])('%s', (error, words) => {
    expect(inWords(error)).toMatch(words);
    expect(connectError(error).message).toMatch(words);
  });

  it('and adds nothing if there is no advice', () => {
    expect([inWords(new Error('odd')), inWords('text'), inWords(connectError(new Error('odd')))]).toEqual([
      'odd',
      'text',
      'The database cannot be reached: odd',
    ]);
    expect(connectError(new Error('odd')).message).toBe('The database cannot be reached: odd');
  });
});
