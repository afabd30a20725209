import { describe, expect, it } from 'vitest';
import { columns, millisecondsOf, timeFrom } from './columns.ts';

interface Item {
  readonly name: string;
  readonly size: number | null;
}

const list = columns<Item>([
  { name: 'name', type: 'text', value: (item) => item.name },
  { name: 'size', type: 'bigint', value: (item) => item.size },
  { name: 'big', type: 'boolean', value: (item) => (item.size ?? 0) > 10 },
]);

describe('columns', () => {
  it('number their parameters from 1, in the order of the list', () => {
    expect(list.relation).toBe(
      'unnest($1::text[], $2::bigint[], $3::boolean[]) WITH ORDINALITY AS i(name, size, big, ord)',
    );
  });

  it('turn items into one array per column, in the order of the items', () => {
    expect(
      list.values([
        { name: 'a', size: 1 },
        { name: 'b', size: null },
        { name: 'c', size: 11 },
      ]),
    ).toEqual([
      ['a', 'b', 'c'],
      [1, null, 11],
      [false, false, true],
    ]);
  });

  it('turn no items into empty arrays', () => {
    expect(list.values([])).toEqual([[], [], []]);
  });
});

describe('times', () => {
  it('are seconds to PostgreSQL and milliseconds to us', () => {
    expect(timeFrom('i.at')).toBe('to_timestamp(i.at / 1000.0)');
    expect(millisecondsOf('p.at')).toBe('(extract(epoch FROM p.at) * 1000)::float8');
  });
});
