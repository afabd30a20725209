/**
 * Millions of payments out of a few real ones. The rows of payments that the service itself has made are multiplied in SQL over
 * all columns that the tables have. Only what must differ is new: ids, orders, keys and times. So this code does not
 * depend on the tables' columns, and what is stored is what the service stores.
 */

export interface Column {
  readonly name: string;
  /** As `information_schema` names it. */
  readonly type: string;
  /** Text in which the template's payment id stands, such as a frozen answer. */
  readonly namesPayment: boolean;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Columns of the primary key, in its order. */
  readonly key: readonly string[];
}

/** Twenty days for all rows together: within every retention, and older than any lease. */
const SPREAD_SECONDS = 20 * 86_400;

/** The new payment's number is `g.nth`, the template's row `t`, and its ids `s.payment_id` and `s.order_id`. */
const ORDER_ID = `('old-' || lpad((g.nth / 1000)::text, 6, '0') || '-' || lpad((g.nth % 1000)::text, 3, '0'))`;

/** A time before now for every number, ascending: as if the payments had come one after another. */
function secondsBack(rows: number): string {
  return `((${rows} - g.nth) * ${SPREAD_SECONDS / rows}::float8)`;
}

/** Ascending like the service's own (UUIDv7): 48 bits of milliseconds, the version, the variant, then chance. */
function paymentId(rows: number): string {
  const ms = `(extract(epoch FROM $1::timestamptz) * 1000 - ${secondsBack(rows)} * 1000)::bigint`;
  return (
    `(lpad(to_hex(${ms}), 12, '0') || '7' || substr(md5(g.nth::text), 1, 3) || ` +
    `'8' || substr(md5(g.nth::text), 4, 15))::uuid`
  );
}

/** The value of one column of the new row. */
export function expressionFor(column: Column, table: string, rows: number): string {
  const own = `t.${quote(column.name)}`;
  const made = madeAnew(column, table, rows);
  return made === null ? own : `CASE WHEN ${own} IS NOT NULL THEN ${made} END`;
}

function madeAnew({ name, type, namesPayment }: Column, table: string, rows: number): string | null {
  if (name === 'payment_id') return paymentId(rows);
  if (name === 'order_id') return ORDER_ID;
  // Any other id or key: random, as hashes are, and the same for nobody.
  if (type === 'uuid') return `md5('${table}.${name}.' || g.nth)::uuid`;
  if (type.startsWith('timestamp')) return `t.${quote(name)} - ${secondsBack(rows)} * interval '1 second'`;
  if (namesPayment) {
    const withId = `replace(t.${quote(name)}::text, s.payment_id::text, ${paymentId(rows)}::text)`;
    return `replace(${withId}, s.order_id, ${ORDER_ID})::${type}`;
  }
  return null;
}

/**
 * One statement that fills a table with the payments from $2 to $3; $1 is the moment before which they lie. `slots` counts
 * the templates. Sorted by the primary key, so that the index is walked through once per statement.
 */
export function fillStatement(
  table: Table,
  options: { readonly rows: number; readonly slots: number },
): string {
  const { rows, slots } = options;
  const names = table.columns.map(({ name }) => quote(name)).join(', ');
  const values = table.columns.map((column) => expressionFor(column, table.name, rows)).join(',\n  ');
  const positions = table.key.map((name) => table.columns.findIndex((column) => column.name === name) + 1);
  return `INSERT INTO payonce.${quote(table.name)} (${names})
SELECT ${values}
FROM generate_series($2::bigint, $3::bigint) AS g (nth)
JOIN bench_fill.slots AS s ON s.slot = g.nth % ${slots}
JOIN bench_fill.${quote(table.name)} AS t ON t.payment_id = s.payment_id
ORDER BY ${positions.join(', ')}`;
}

/** Whether rows that are made together lie apart in the primary key's index. */
export function isScattered({ columns, key }: Table): boolean {
  return columns.some(({ name, type }) => key.includes(name) && type === 'uuid' && name !== 'payment_id');
}

export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
