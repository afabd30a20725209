/**
 * Many rows as one statement's parameters: each column becomes one array, and `unnest` makes rows of them again.
 */
export interface Column<Item> {
  readonly name: string;
  /** The PostgreSQL type of one value. */
  readonly type: 'text' | 'uuid' | 'bigint' | 'integer' | 'boolean' | 'float8' | 'jsonb';
  readonly value: (item: Item) => string | number | boolean | null;
}

/** A fixed list of columns, as the text of a relation and as the parameters that fill it. */
export interface Columns<Item> {
  /** `unnest($1::text[], …) WITH ORDINALITY AS i(name, …, ord)`; `ord` counts the items from 1. */
  readonly relation: string;
  readonly values: (items: readonly Item[]) => unknown[];
}

export function columns<Item>(list: readonly Column<Item>[]): Columns<Item> {
  const parameters = list.map((column, index) => `$${index + 1}::${column.type}[]`);
  const names = list.map((column) => column.name);
  return {
    relation: `unnest(${parameters.join(', ')}) WITH ORDINALITY AS i(${names.join(', ')}, ord)`,
    values: (items) => list.map((column) => items.map(column.value)),
  };
}

/** A time as SQL: from milliseconds since the epoch, null stays null. */
export function timeFrom(expression: string): string {
  return `to_timestamp(${expression} / 1000.0)`;
}

/** A time as milliseconds since the epoch. */
export function millisecondsOf(expression: string): string {
  return `(extract(epoch FROM ${expression}) * 1000)::float8`;
}
