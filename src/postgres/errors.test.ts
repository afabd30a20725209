import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../ports/store.ts';
import { connectError, isRetryable, isRowError, repeatsOf, sqlState, statementError } from './errors.ts';

/** A server's error, as the driver gives it. */
function fromServer(code: string, severity = 'ERROR'): Error {
  return Object.assign(new Error(`said ${code}`), { code, severity });
}

describe('a statement that failed', () => {
  it.each([
    ['57P01', 'the server is shutting down'],
    ['57P02', 'the server has crashed'],
    ['57P03', 'the server cannot be used now'],
    ['08006', 'the connection failed'],
    ['08P01', 'a pooler lost its server'],
    ['40003', 'the server does not know itself'],
    ['58000', 'another pooler lost its server'],
    ['XX000', 'a third one lost it'],
  ])('may have been written after %s: %s', (code) => {
    expect(statementError(fromServer(code)).kind).toBe('outcome_unknown');
  });

  it.each(['FATAL', 'PANIC'])('may have been written if the connection ends with a %s', (severity) => {
    expect(statementError(fromServer('53100', severity)).kind).toBe('outcome_unknown');
  });

  it.each([
    ['23505', 'a row that is there already'],
    ['40001', 'a lost race'],
    ['40P01', 'a deadlock'],
    ['57014', 'a statement cancelled'],
    ['25006', 'a read-only transaction'],
    ['53100', 'a full disk'],
    ['55P03', 'a lock that was not to be had'],
  ])('was not written after %s: %s', (code) => {
    expect(statementError(fromServer(code)).kind).toBe('unavailable');
  });

  it.each([
    ['0A000', 'something that the server never does'],
    ['42501', 'a right that is missing'],
    ['42P01', 'a missing table'],
    ['42703', 'a missing column'],
    ['3F000', 'a missing schema'],
    ['44000', 'a rule of a view'],
  ])('is refused until somebody changes something after %s: %s', (code) => {
    expect(statementError(fromServer(code)).kind).toBe('refused');
  });

  it.each([
    ['22021', 'bytes that are no text here'],
    ['22P05', 'a character that is not in this encoding'],
    ['22003', 'a number out of range'],
    ['23502', 'an absent value'],
    ['23514', 'a check'],
  ])('is refused for its values after %s: %s', (code) => {
    expect(statementError(fromServer(code)).kind).toBe('unfit');
  });

  it.each([
    ['a broken connection', new Error('Connection terminated unexpectedly')],
    ['a broken socket', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    // Five capitals, like a SQLSTATE, but no server said it.
    ['a broken pipe', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })],
    ['something that is no error', 'text'],
  ])('may have been written after %s', (_what, error) => {
    expect(statementError(error)).toMatchObject({ kind: 'outcome_unknown', cause: error });
  });
});

it('an error of a statement does not show the row, however it is printed', () => {
  const error = Object.assign(fromServer('23505'), {
    detail: 'Key (order_id)=(hush) already exists.',
    where: 'hush',
    internalQuery: 'hush',
  });
  expect(inspect(statementError(error), { depth: null, showHidden: true })).not.toContain('hush');
  expect(sqlState(error)).toBe('23505');
});

describe('a connection that failed', () => {
  it('has written nothing, whatever was the reason', () => {
    expect(connectError(fromServer('57P03')).kind).toBe('unavailable');
    expect(connectError(new Error('connect ECONNREFUSED')).kind).toBe('unavailable');
  });

  it.each([
    ['28P01', 'a wrong password'],
    ['3D000', 'no such database'],
    ['42501', 'no right to connect'],
  ])('is refused until somebody changes something after %s: %s', (code) => {
    expect(connectError(fromServer(code)).kind).toBe('refused');
  });

  it('keeps an error that says more', () => {
    const error = new StoreError('unavailable', 'fsync is off');
    expect(connectError(error)).toBe(error);
  });
});

describe('what a batch does about an error', () => {
  const seen = (code: string) => [isRetryable, isRowError].map((is) => is(statementError(fromServer(code))));

  it.each([
    ['40001', true, false],
    ['40P01', true, false],
    ['22021', false, true],
    ['23505', false, true],
    ['23514', false, true],
    ['40003', false, false],
    ['57P01', false, false],
    ['42P01', false, false],
  ])('%s: repeated %s, halved %s', (code, retryable, rowError) => {
    expect(seen(code)).toEqual([retryable, rowError]);
  });

  it.each([
    ['40001', 8],
    ['40P01', 8],
    ['23505', 2],
    ['23514', 0],
    ['57P01', 0],
  ])('%s: repeated %i times at most', (code, times) => {
    expect(repeatsOf(statementError(fromServer(code)))).toBe(times);
  });

  it('neither if the error does not come from the server', () => {
    const broken = statementError(new Error('Connection terminated'));
    expect([isRetryable(broken), isRowError(broken)]).toEqual([false, false]);
  });
});
