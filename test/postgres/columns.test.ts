/** Rows that are sent as columns arrive as they were, whatever they hold and however many of them are the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columns } from '../../src/postgres/columns.ts';
import { openDatabase } from './world.ts';

interface Row {
  readonly name: string | null;
  readonly size: number | null;
  readonly flag: boolean | null;
  readonly notes: string;
  readonly answer: string | null;
}

const LIST = columns<Row>([
  { name: 'name', type: 'text', value: (row) => row.name },
  { name: 'size', type: 'integer', value: (row) => row.size },
  { name: 'flag', type: 'boolean', value: (row) => row.flag },
  { name: 'notes', type: 'jsonb', value: (row) => row.notes },
  { name: 'answer', type: 'json', value: (row) => row.answer },
]);

// Few values, so that many columns are the same in all rows, in all but one, or null.
const ROW = fc.record({
  name: fc.constantFrom(null, 'a', '', 'NULL', '{a,"b"}', '\\'),
  size: fc.constantFrom(null, 0, -1),
  flag: fc.constantFrom(null, true, false),
  notes: fc.constantFrom('{}', '{"a":"b,c"}'),
  answer: fc.constantFrom(null, '{}', '{ "say": "\\"no\\"" }'),
});

test('columns come back as the rows that were sent', async () => {
  const { query } = await openDatabase();
  const text = `SELECT ord, name, size, flag, notes::text, answer FROM ${LIST.relation} ORDER BY ord`;
  await fc.assert(
    fc.asyncProperty(fc.array(ROW, { minLength: 1, maxLength: 5 }), async (rows) => {
      const back = await query<Row>(text, LIST.values(rows));
      const sent = rows.map((row, index) => ({ ord: index + 1, ...row, notes: spaced(row.notes) }));
      expect(back).toEqual(sent);
    }),
    { numRuns: 500 },
  );
});

/** As PostgreSQL writes `jsonb`. */
function spaced(text: string): string {
  return text.replace(':', ': ');
}
