/** The durable ledger, shared by every process on the same database. */
import type { Pool } from 'pg';
import { seqOf } from './ids.ts';
import type { Charge, Duplicate, Filter, Ledger, ListQuery } from './port.ts';
import { createBooker } from './postgres-book.ts';
import { createPostgresBooks } from './postgres-books.ts';
import { operate } from './postgres-operations.ts';
import { readCharges } from './postgres-rows.ts';
import { prepareSchema } from './postgres-schema.ts';
import { readDuplicates, readSummary } from './postgres-summary.ts';

/**
 * A durable ledger in the schema `fake_gateway`, which it creates if it is missing. It changes the tables of an older release: stop
 * the processes of that release first. Every process on the same database shares it. The pool stays yours: the ledger does not end it.
 *
 * @throws Error if the database cannot be reached, or holds a ledger of a newer release.
 *
 * @example
 * const ledger = await createPostgresLedger(new pg.Pool({ connectionString }));
 */
export async function createPostgresLedger(pool: Pool): Promise<Ledger> {
  const tag = await prepareSchema(pool);
  const book = createBooker(pool, tag);

  const read = (sql: string, values: readonly unknown[]): Promise<Charge[]> =>
    readCharges(pool, tag, `WHERE ${sql}`, values);

  return {
    shared: true,
    book,
    async countAttempt(key): Promise<number> {
      const { rows } = await pool.query<{ attempts: number }>(
        `INSERT INTO fake_gateway.attempts AS known (key, attempts) VALUES ($1, 1)
         ON CONFLICT (key) DO UPDATE SET attempts = known.attempts + 1 RETURNING attempts`,
        [key],
      );
      return rows[0]?.attempts ?? 1;
    },
    byKey: (key) => read('key = $1 ORDER BY generation', [key]),
    async byId(id) {
      const seq = seqOf(id, 'ch', tag);
      return seq === undefined ? undefined : (await read('seq = $1', [seq]))[0];
    },
    list: (query) => read(...listQuery(query)),
    operate: (operation, nowMs) => operate(pool, tag, operation, nowMs),
    byOperationKey: async (key) =>
      (await read('seq = (SELECT charge_seq FROM fake_gateway.operations WHERE key = $1)', [key]))[0],
    transact: createPostgresBooks(pool, tag),
    summary: (filter) => readSummary(pool, tag, filter),
    duplicates: (filter: Filter, limit: number): Promise<Duplicate[]> =>
      readDuplicates(pool, tag, filter, limit),
    async readSettings() {
      const { rows } = await pool.query('SELECT faults FROM fake_gateway.settings');
      return rows[0]?.faults ?? null;
    },
    async writeSettings(settings) {
      await pool.query('UPDATE fake_gateway.settings SET faults = $1', [
        settings === null ? null : JSON.stringify(settings),
      ]);
    },
  };
}

function listQuery(query: ListQuery): [sql: string, values: unknown[]] {
  const values: unknown[] = [query.nowMs, query.limit];
  const conditions = [`outcome <> 'none'`, 'created_ms <= $1'];
  const where = (condition: (...parameters: string[]) => string, ...added: unknown[]) => {
    conditions.push(condition(...added.map((value) => `$${values.push(value)}`)));
  };
  if (query.view === 'public') conditions.push('visible_ms <= $1');
  if (query.createdAfterMs !== undefined) where((after) => `created_ms > ${after}`, query.createdAfterMs);
  if (query.after !== undefined) {
    where(
      (ms, seq) => `(created_ms, seq) > (${ms}::bigint, ${seq}::bigint)`,
      query.after.createdMs,
      query.after.seq,
    );
  }
  if (query.reference !== undefined) where((reference) => `reference = ${reference}`, query.reference);
  if (query.orderId !== undefined) where((orderId) => `order_id = ${orderId}`, query.orderId);
  return [`${conditions.join(' AND ')} ORDER BY created_ms, seq LIMIT $2`, values];
}
