import { describe, expect, it } from 'vitest';
import { databaseUrlProblem } from './database-url.ts';

/** Only one file can be read. */
const problemOf = (url: string): string | null =>
  databaseUrlProblem(url, (file) => (file === '/etc/ca.pem' ? null : 'ENOENT'));

describe('the address of a database', () => {
  it.each([
    'postgres://db/payonce',
    'postgresql://user:p%23ss@db:5433/payonce',
    'postgres://user@%2Fvar%2Frun%2Fpostgresql/payonce',
    'postgres:///payonce?host=/var/run/postgresql',
    'postgres://db/payonce?sslmode=verify-full',
    'postgres://db/payonce?sslmode=no-verify',
    'postgres://db/payonce?sslmode=foo&sslmode=require',
    'postgres://db/payonce?sslmode=verify-full&sslrootcert=/etc/ca.pem',
  ])('%s has nothing wrong with it', (url) => {
    expect(problemOf(url)).toBeNull();
  });

  it.each([
    ['another scheme', 'mysql://u:hunter2@db/x', /^must be a URL that starts with postgres:\/\/ /],
    ['no scheme', 'hunter2', /^must be a URL that starts with postgres:\/\/ /],
    ['a port that is too large', 'postgres://u:hunter2@db:65536/x', /^is no valid URL.*port: a number up to/],
    ['a port that is no number', 'postgres://u:hunter2@db:port/x', /^is no valid URL.*port: a number up to/],
    ['a raw # in the password', 'postgres://u:hun#ter2@db/x', /^is no valid URL.*write # as %23/],
    ['a raw # behind digits', 'postgres://u:12#hunter2@db/x', /^has a #.*write it as %23/],
    ['a raw # at the end', 'postgres://u:hunter2@db/x#', /^has a #/],
    ['an unknown sslmode', 'postgres://u:hunter2@db/x?sslmode=foo', /^has an unknown sslmode\. Set it to/],
    [
      'a certificate that is not there',
      'postgres://u:hunter2@db/x?sslmode=verify-full&sslrootcert=/nowhere/ca.pem',
      /^names a file that cannot be read: sslrootcert \(ENOENT\)\. Correct its path/,
    ],
    [
      'two files that are not there',
      'postgres://u:hunter2@db/x?sslcert=/nowhere&sslkey=/',
      /: sslcert \(ENOENT\), sslkey \(ENOENT\)\./,
    ],
  ])('with %s is refused in words that say what to do, and never quoted', (_what, url, words) => {
    const problem = problemOf(url);
    expect(problem).toMatch(words);
    expect(problem).not.toMatch(/hunter2|ter2|nowhere|foo/);
  });
});
