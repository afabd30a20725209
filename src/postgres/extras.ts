/**
 * Rare parts of a fenced write. Each is written in the statement of that write, and only if it applies. Such writes have statements of their
 * own, and the statement of all others stays as it is.
 */
import type { QueryResultRow } from 'pg';
import type { Session } from './session.ts';

/** A statement that ends with `result`, and its values. The extras come between the two. */
export interface Fenced {
  /** It has a relation `p` with the row after the write, if that applies. */
  readonly tables: string;
  readonly result: string;
  readonly values: readonly string[];
}

export interface Extra {
  /** One relation. `next`: the number of its first parameter. */
  readonly sql: (next: number) => string;
  readonly values: readonly unknown[];
}

export function withExtras<Row extends QueryResultRow>(
  session: Session,
  { tables, result, values: first }: Fenced,
  extras: readonly Extra[],
): Promise<Row[]> {
  const values: unknown[] = [...first];
  const relations = extras.map((extra) => {
    const relation = extra.sql(values.length + 1);
    values.push(...extra.values);
    return `, ${relation}`;
  });
  return session.query(`${tables}${relations.join('')}\n${result}`, values);
}
