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
  it('number their parameters from 1, in the order of the list, and the items after them', () => {
    const parameters = list.relation.match(/\$\d+::[a-z]+\[\]/g);
    expect([...new Set(parameters)]).toEqual([
      '$1::text[]',
      '$2::bigint[]',
      '$3::boolean[]',
      '$4::integer[]',
    ]);
    expect(list.relation.match(/ AS [a-z]+(?=[, ])/g)).toEqual([' AS name', ' AS size', ' AS big']);
    expect(list.next).toBe(5);
  });

  it('turn items into one array per column, in the order of the items, in the text form of PostgreSQL', () => {
    expect(
      list.values([
        { name: 'a', size: 1 },
        { name: 'b', size: null },
        { name: 'c', size: 11 },
      ]),
    ).toEqual(['{"a","b","c"}', '{1,NULL,11}', '{false,false,true}', '{1,2,3}']);
  });

  it('send a value once that is the same in all rows, and null not at all', () => {
    const items = [null, null].map((size) => ({ name: 'a', size }));
    expect(list.values(items)).toEqual(['{"a"}', '{}', '{false}', '{1,2}']);
  });

  it('quote what an array would read otherwise', () => {
    const texts = ['NULL', '', 'a,b', '{}', 'say "no"', 'back\\slash', ' spaces ', 'line\nbreak', 'Zoë'];
    const [array] = list.values(texts.map((name) => ({ name, size: null })));
    expect(array).toBe(
      '{"NULL","","a,b","{}","say \\"no\\"","back\\\\slash"," spaces ","line\nbreak","Zoë"}',
    );
  });

  it('keep a value in its own row, whatever it holds and whatever its type', () => {
    const ids = columns<string>([{ name: 'id', type: 'uuid', value: (item) => item }]);
    expect(ids.values(['1,2', '}', '"', 'NULL'])[0]).toBe('{"1,2","}","\\"","NULL"}');
  });

  it('separate texts of JSON by what none of them can hold', () => {
    const json = columns<string | null>([
      { name: 'answer', type: 'json', value: (item) => item },
      { name: 'notes', type: 'jsonb', value: (item) => item },
    ]);
    expect(json.relation).toContain(`(SELECT string_to_array($1, E'\\x1e', ''))[u.ord] AS answer`);
    expect(json.relation).toContain(`(SELECT string_to_array($2, E'\\x1e', '')::jsonb[])[u.ord] AS notes`);
    const texts = ['{"a":"b"}', null, '{ "say": "\\"no\\"" }\n'];
    expect(json.values(texts)[0]).toBe('{"a":"b"}\x1e\x1e{ "say": "\\"no\\"" }\n');
    expect(() => json.values(['{}', 'a\x1eb'])).toThrow('Nothing was written');
  });
});

describe('times', () => {
  it('are seconds to PostgreSQL and milliseconds to us', () => {
    expect(timeFrom('i.at')).toBe('to_timestamp(i.at / 1000.0)');
    expect(millisecondsOf('p.at')).toBe('(extract(epoch FROM p.at) * 1000)::float8');
  });
});
