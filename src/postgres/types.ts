/**
 * How values are read. It is given with every query, because the program may have changed the driver's parsers, for a pool or for all of
 * `pg`. A time could then be text and a boolean `'t'`.
 */
import type { ClientBase, CustomTypesConfig, QueryResultRow } from 'pg';

/** PostgreSQL's ids (`pg_type.oid`) of the types that our statements return, other than text. */
const BOOL = 16;
const INT2 = 21;
const INT4 = 23;
const JSON_TEXT = 114;
const FLOAT4 = 700;
const FLOAT8 = 701;
const JSONB = 3802;

const asText = (text: string): string => text;

function parserOf(type: number): (text: string) => unknown {
  switch (type) {
    case BOOL:
      return (text) => text === 't';
    case INT2:
    case INT4:
    case FLOAT4:
    case FLOAT8:
      return Number;
    case JSON_TEXT:
    case JSONB:
      return (text) => JSON.parse(text) as unknown;
    default:
      // A bigint is text, too; `safeInteger` reads it.
      return asText;
  }
}

/** For the `types` of a query. */
export const TYPES = { getTypeParser: parserOf } as CustomTypesConfig;

/** Reads a bigint. Throws if JavaScript would round it. */
export function safeInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(
    'The database holds a whole number above 2^53 - 1, which Payonce cannot read and did not write. Find out what else writes to the schema payonce.',
  );
}

/** Runs one statement on a given connection and reads its rows with our parsers. */
export async function ask<Row extends QueryResultRow>(
  client: ClientBase,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query<Row>({ text, values, types: TYPES })).rows;
}
