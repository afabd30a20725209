/** Reads from the database what its tables look like, and puts the templates' rows aside. */
import type pg from 'pg';
import { type Column, quote, type Table } from './columns.ts';

const FILLABLE = `
SELECT c.table_name AS table, c.column_name AS name, c.data_type AS type
FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'payonce' AND t.table_type = 'BASE TABLE'
  AND c.is_generated = 'NEVER' AND c.is_identity = 'NO'
ORDER BY c.table_name, c.ordinal_position`;

const KEY = `
SELECT a.attname AS name
FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k(attnum, ord)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = $1::regclass AND i.indisprimary
ORDER BY k.ord`;

/** Copies every payment that is there into `bench_fill`, and counts them through in `slots`. Resolves to their number. */
export async function putTemplatesAside(client: pg.ClientBase): Promise<number> {
  await client.query('CREATE SCHEMA bench_fill');
  await client.query(`CREATE TABLE bench_fill.slots AS
    SELECT row_number() OVER (ORDER BY payment_id) - 1 AS slot, payment_id, order_id FROM payonce.payments`);
  for (const [name, columns] of await columnsByTable(client)) {
    if (!columns.some((column) => column.name === 'payment_id')) continue;
    await client.query(
      `CREATE TABLE bench_fill.${quote(name)} AS SELECT * FROM payonce.${quote(name)}
       WHERE payment_id IN (SELECT payment_id FROM bench_fill.slots)`,
    );
    await client.query(`CREATE INDEX ON bench_fill.${quote(name)} (payment_id)`);
    await client.query(`ANALYZE bench_fill.${quote(name)}`);
  }
  await client.query('CREATE UNIQUE INDEX ON bench_fill.slots (slot)');
  await client.query('ANALYZE bench_fill.slots');
  const { rows } = await client.query<{ slots: string }>('SELECT count(*) AS slots FROM bench_fill.slots');
  return Number(rows[0]?.slots);
}

/** The tables that hold something of every payment. */
export async function readTables(client: pg.ClientBase): Promise<readonly Table[]> {
  const tables: Table[] = [];
  for (const [name, columns] of await columnsByTable(client)) {
    if (!columns.some((column) => column.name === 'payment_id')) continue;
    const { rows } = await client.query(`SELECT FROM bench_fill.${quote(name)} LIMIT 1`);
    if (rows.length === 0) continue;
    const key = await client.query<{ name: string }>(KEY, [`payonce.${quote(name)}`]);
    tables.push({
      name,
      columns: await withPaymentNames(client, name, columns),
      key: key.rows.map((row) => row.name),
    });
  }
  return tables;
}

async function columnsByTable(
  client: pg.ClientBase,
): Promise<ReadonlyMap<string, readonly Omit<Column, 'namesPayment'>[]>> {
  const { rows } = await client.query<{ table: string; name: string; type: string }>(FILLABLE);
  const tables = new Map<string, Omit<Column, 'namesPayment'>[]>();
  for (const { table, name, type } of rows) tables.set(table, [...(tables.get(table) ?? []), { name, type }]);
  return tables;
}

const TEXTUAL: readonly string[] = ['text', 'json', 'jsonb', 'character varying'];

async function withPaymentNames(
  client: pg.ClientBase,
  table: string,
  columns: readonly Omit<Column, 'namesPayment'>[],
): Promise<readonly Column[]> {
  const found: Column[] = [];
  for (const column of columns) {
    let namesPayment = false;
    if (TEXTUAL.includes(column.type) && column.name !== 'order_id') {
      const { rows } = await client.query<{ names: boolean | null }>(
        `SELECT bool_or(position(payment_id::text IN ${quote(column.name)}::text) > 0) AS names
         FROM bench_fill.${quote(table)}`,
      );
      namesPayment = rows[0]?.names === true;
    }
    found.push({ ...column, namesPayment });
  }
  return found;
}
