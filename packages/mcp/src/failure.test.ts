import { expect, test } from 'vitest';
import { failureOf } from './failure.ts';
import { MOVES_MONEY, READS } from './tool.ts';

test('a bug never claims that nothing was sent', () => {
  const told = failureOf(new TypeError('secret'), MOVES_MONEY);
  expect(told).toMatchObject({ outcome: 'pending', code: 'internal_error' });
  expect(told.summary).toMatch(/not known whether anything was sent/);
  expect(told.summary).not.toContain('secret');
});

test('a bug of a tool that reads has read nothing', () => {
  expect(failureOf('?', READS)).toMatchObject({ outcome: 'not_read', code: 'internal_error' });
});

test('a failed read says when to ask again', () => {
  const error = Object.assign(new Error('store_unavailable: The database is away.'), {
    name: 'PayonceReadError',
    code: 'store_unavailable',
    retryAfterMs: 500,
    fields: [],
  });
  expect(failureOf(error, READS)).toEqual({
    summary: 'Nothing was read. store_unavailable: The database is away.',
    outcome: 'not_read',
    code: 'store_unavailable',
    fields: [],
    retry_after_ms: 500,
  });
});
