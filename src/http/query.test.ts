import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { FieldError } from './field-errors.ts';
import { readLimit, readQuery } from './query.ts';

function read(target: string) {
  const errors: FieldError[] = [];
  const values = Object.fromEntries(readQuery(target, ['order_id', 'limit'], errors));
  return { values, errors };
}

describe('a query string', () => {
  it.each([
    ['/v1/payments', {}],
    ['/v1/payments?', {}],
    ['/v1/payments?&&', {}],
    ['/v1/payments?limit=5&order_id=a', { limit: '5', order_id: 'a' }],
    ['/v1/payments?order_id=a+b%20c%2Bd', { order_id: 'a b c+d' }],
    ['/v1/payments?order_id=%E2%82%AC', { order_id: '\u20ac' }],
    ['/v1/payments?order_id=a=b', { order_id: 'a=b' }],
    ['/v1/payments?order%5Fid=a', { order_id: 'a' }],
    ['/v1/payments?order_id', { order_id: '' }],
    ['/v1/payments?order_id=a?b', { order_id: 'a?b' }],
  ])('%s is read', (target, values) => expect(read(target)).toEqual({ values, errors: [] }));

  it('reports everything that is wrong with it at once', () => {
    const { errors } = read('/v1/payments?foo=1&limit=1&limit=1&order_id=%FF&%=1&__proto__=1');
    expect(errors).toEqual([
      { parameter: 'foo', detail: 'is not a known parameter' },
      { parameter: 'limit', detail: 'is given more than once' },
      { parameter: 'order_id', detail: 'is not valid percent-encoded UTF-8' },
      { parameter: '', detail: 'is not a known parameter' },
      { parameter: '__proto__', detail: 'is not a known parameter' },
    ]);
  });

  it.each(['0', '-1', '101', '1e1', '1.0', '01', ' 1', '', 'x', '999999999999'])(
    'refuses a limit of %j',
    (text) => {
      const errors: FieldError[] = [];
      readLimit(new Map([['limit', text]]), errors);
      expect(errors).toHaveLength(1);
    },
  );

  it.each(['1', '20', '100'])('takes a limit of %s', (text) => {
    const errors: FieldError[] = [];
    expect(readLimit(new Map([['limit', text]]), errors)).toBe(Number(text));
    expect(errors).toEqual([]);
  });
});

describe('a cursor', () => {
  it('comes back to its position', () => {
    expect(decodeCursor('payments', encodeCursor('payments', 'abc'))).toBe('abc');
  });

  it('of another list, another spelling or nothing at all is refused', () => {
    const cursor = encodeCursor('payments', 'abc');
    for (const text of [
      '',
      'x',
      `${cursor}=`,
      `${cursor}A`,
      ` ${cursor}`,
      cursor.toLowerCase(),
      encodeCursor('events', 'abc'),
    ]) {
      expect(decodeCursor('payments', text), text).toBeNull();
    }
  });
});
