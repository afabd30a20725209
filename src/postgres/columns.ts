/**
 * Many rows as the parameters of one statement: each column becomes one array, and the statement turns them into rows again.
 *
 * The arrays are written as text here, because the driver would copy and escape every value several times. Their form is PostgreSQL's
 * own (chapter 8.15.6 of its manual). JSON is written as texts with a separator, because that form would escape its many quotes.
 */
export interface Column<Item> {
  readonly name: string;
  /** The PostgreSQL type of one value; `json` is text made by `JSON.stringify`. */
  readonly type: ColumnType;
  readonly value: (item: Item) => string | number | boolean | null;
}

type ColumnType = 'text' | 'uuid' | 'bigint' | 'integer' | 'boolean' | 'float8' | 'json' | 'jsonb';

/** A fixed list of columns: the text of a relation, and the parameters that fill it. */
export interface Columns<Item> {
  /** A relation `i(ord, name, …)`; `ord` counts the items from 1. There must be at least one item. */
  readonly relation: string;
  /** One array a column, as text, and the numbers of the items. */
  readonly values: (items: readonly Item[]) => string[];
  /** The number of the parameter after the last of `values`. */
  readonly next: number;
}

/**
 * Each cell is taken from its array. (`unnest` of many arrays keeps the rows of each in a store of its own, which costs
 * more.) An array of one value stands for that value in all rows, an empty one for null.
 */
export function columns<Item>(list: readonly Column<Item>[]): Columns<Item> {
  const cells = list.map(({ name, type }, index) => `${cellOf(type, `$${index + 1}`)} AS ${name}`);
  // If the planner sees the number of rows, it makes a new plan for each number, which costs more than the batch. It cannot see into a
  // sub-select.
  const ords = `unnest((SELECT $${list.length + 1}::integer[])) AS u(ord)`;
  return {
    relation: `(SELECT u.ord, ${cells.join(', ')} FROM ${ords}) AS i`,
    values: (items) => [...list.map((column) => arrayOf(column, items)), ordsOf(items.length)],
    next: list.length + 2,
  };
}

/** What has to be computed is computed once, in a sub-select, and not for every cell. */
function cellOf(type: ColumnType, parameter: string): string {
  switch (type) {
    case 'json':
      return `(SELECT string_to_array(${parameter}, E'\\x1e', ''))[u.ord]`;
    case 'jsonb':
      return `(SELECT string_to_array(${parameter}, E'\\x1e', '')::jsonb[])[u.ord]`;
    default:
      return `(${parameter}::${type}[])[least(u.ord, cardinality(${parameter}::${type}[]))]`;
  }
}

function ordsOf(count: number): string {
  return `{${Array.from({ length: count }, (_, index) => index + 1).join()}}`;
}

function arrayOf<Item>({ type, value }: Column<Item>, items: readonly Item[]): string {
  const values = items.map(value);
  if (type === 'json' || type === 'jsonb') return values.map(separable).join(SEPARATOR);
  const [first = null] = values;
  if (!values.every((each) => each === first)) return `{${values.map(element).join()}}`;
  // Many columns are the same in all rows, and most of those are null.
  return first === null ? '{}' : `{${element(first)}}`;
}

const NULL = 'NULL';

/** The separator of RFC 7464: no JSON text can hold it. */
const SEPARATOR = '\x1e';

/** Null is an empty text, which no JSON is. */
function separable(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  // PostgreSQL would take it for two texts, and every later row would get the text of another.
  if (text.includes(SEPARATOR))
    throw new TypeError('A text that must be JSON is not JSON. Nothing was written. Report this as a bug.');
  return text;
}

/**
 * Text is always in quotes, whatever its type: the text NULL is not null, and an id with a comma must not become two elements and shift
 * the other rows. Inside quotes only two characters have a meaning.
 */
function element(value: string | number | boolean | null): string {
  if (value === null) return NULL;
  if (typeof value !== 'string') return String(value);
  return value.includes('"') || value.includes('\\') ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`;
}

/** SQL for a time from milliseconds since the epoch. Null stays null. */
export function timeFrom(expression: string): string {
  return `to_timestamp(${expression} / 1000.0)`;
}

/** SQL for a time as milliseconds since the epoch. */
export function millisecondsOf(expression: string): string {
  return `(extract(epoch FROM ${expression}) * 1000)::float8`;
}

/** SQL for the whole numbers of many rows as one text, so that the answer for a batch is one row. `readNumberList` reads it. */
export function numberList(column: string): string {
  return `string_agg(${column}::text, ',')`;
}

/** Empty if there were no rows. */
export function readNumberList(text: string | null | undefined): readonly number[] {
  return text === null || text === undefined ? [] : text.split(',').map(Number);
}
