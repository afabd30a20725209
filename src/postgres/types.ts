/**
 * How values are read, said with every query. The program around us may have changed the driver's parsers, for a pool or
 * for all of `pg`: then a time could arrive as text and a boolean as `'t'`, and be taken for something else.
 */
import type { ClientBase, CustomTypesConfig, QueryResultRow } from 'pg';

/** PostgreSQL's ids of the types (`pg_type.oid`) that our statements return and that are not simply text. */
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
      // A bigint stays text, too: `safeInteger` reads it.
      return asText;
  }
}

/** For the `types` of a query. */
export const TYPES = { getTypeParser: parserOf } as CustomTypesConfig;

/** A bigint as PostgreSQL writes it. Throws where JavaScript would round it. */
export function safeInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError('A stored whole number is larger than 2^53 - 1: it was not written by Payonce.');
}

/** Runs one statement on a connection of one's own and reads its rows by our parsers. */
export async function ask<Row extends QueryResultRow>(
  client: ClientBase,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  return (await client.query<Row>({ text, values, types: TYPES })).rows;
}
