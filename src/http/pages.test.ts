import { expect, test } from 'vitest';
import { encodeCursor } from './cursor.ts';
import type { FieldError } from './field-errors.ts';
import { readSeqCursor } from './pages.ts';

test.each([
  ['0', false],
  ['1', true],
  ['2147483647', true],
  ['2147483648', false],
  ['01', false],
  ['-1', false],
  ['1e3', false],
])('a cursor for the events after %s is one of ours: %s', (position, isOurs) => {
  const errors: FieldError[] = [];
  const values = new Map([['cursor', encodeCursor('events', position)]]);
  expect(readSeqCursor('events', values, errors)).toBe(isOurs ? Number(position) : 0);
  expect(errors).toHaveLength(isOurs ? 0 : 1);
});

test('a list of deliveries may be longer than that', () => {
  const errors: FieldError[] = [];
  const values = new Map([['cursor', encodeCursor('webhook_deliveries', '2147483648')]]);
  expect(readSeqCursor('webhook_deliveries', values, errors, Number.MAX_SAFE_INTEGER)).toBe(2_147_483_648);
  expect(errors).toEqual([]);
});
