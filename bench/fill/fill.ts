/** Fills a database with old payments, a piece at a time, all tables side by side. No index is dropped meanwhile. */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { fillStatement, isScattered, quote, type Table } from './columns.ts';
import { putTemplatesAside, readTables } from './tables.ts';

export interface FillOptions {
  readonly url: string;
  /** Payments afterwards, the templates not counted. */
  readonly rows: number;
  readonly say: (line: string) => void;
}

/** Payments per statement: their pages are still in PostgreSQL's memory when they are vacuumed. */
const PIECE = 250_000;
/** Where the key is random, a piece walks through the whole index; so there should be few. */
const SCATTERED_PIECE = 1_000_000;
/** Of the sort of one piece. */
const WORK_MEM = '512MB';

/** What PostgreSQL is started with while it fills; measured is with its usual settings. */
export const FILL_SETTINGS = {
  // Each page is written to the log whole after each checkpoint, so there should be few.
  max_wal_size: '16GB',
  checkpoint_timeout: '1h',
  // It would only come in between: each piece is vacuumed as soon as it is there.
  autovacuum: 'off',
} as const;

/** The database holds a few payments that the service has made, all settled; the service is stopped. */
export async function fill({ url, rows, say }: FillOptions): Promise<void> {
  const startedMs = performance.now();
  const client = await connect(url);
  try {
    // Nothing is under way, and nothing of old payments was for long.
    await client.query('DELETE FROM payonce.first_leases');
    const slots = await putTemplatesAside(client);
    if (slots === 0) throw new Error('There is no payment that could be multiplied.');
    const room = await closeUp(client);
    const tables = await readTables(client);
    const { rows: clock } = await client.query<{ at: string }>(
      "SELECT (now() - interval '1 minute')::text AS at",
    );
    const done = new Map(tables.map(({ name }) => [name, 0]));
    await Promise.all(
      tables.map((table) =>
        fillTable(url, table, {
          rows,
          slots,
          at: clock[0]?.at ?? '',
          onPiece(filled) {
            const before = Math.min(...done.values());
            done.set(table.name, filled);
            const now = Math.min(...done.values());
            if (now > before)
              say(`    ${now.toLocaleString('en')} of ${rows.toLocaleString('en')}, ${since(startedMs)} s`);
          },
        }),
      ),
    );
    await nameEnds(client);
    await client.query('DROP SCHEMA bench_fill CASCADE');
    await setRoom(client, room);
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
    say(`    vacuumed, counted and checkpointed, ${since(startedMs)} s`);
  } finally {
    await client.end();
  }
}

/**
 * Operations as the service leaves them: next to each open operation it keeps room for the answer, and an old operation has
 * used that room long ago. Resolves to the room that is usually kept.
 */
async function closeUp(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ fillfactor: string }>(
    `SELECT option_value AS fillfactor FROM pg_class, pg_options_to_table(reloptions)
     WHERE oid = 'payonce.operations'::regclass AND option_name = 'fillfactor'`,
  );
  await setRoom(client, '80');
  return rows[0]?.fillfactor ?? '100';
}

/** A name-based UUID (RFC 9562, section 5.5). */
function uuidV5(namespace: string, name: string): string {
  const digest = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name);
  const bytes = digest.digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** More than the service compares at each end when it starts. */
const NAMED = 100;

/** The oldest and the newest get the keys that their orders really have: the service compares them when it starts. */
async function nameEnds(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<Record<'installation' | 'account' | 'order_id' | 'payment', string>>(
    `SELECT installation_id AS installation, account_id AS account, order_id, payment_id AS payment
     FROM payonce.installation, (
       (SELECT * FROM payonce.payments ORDER BY account_id, payment_id LIMIT ${NAMED})
       UNION (SELECT * FROM payonce.payments ORDER BY account_id DESC, payment_id DESC LIMIT ${NAMED})) ends`,
  );
  for (const { installation, account, order_id: orderId, payment } of rows) {
    const reference = uuidV5(uuidV5(installation, account), orderId);
    await client.query(
      `UPDATE payonce.operations SET gateway_key = $3 WHERE account_id = $1 AND payment_id = $2 AND kind = 'charge' AND n = 1`,
      [account, payment, uuidV5(reference, 'charge:1')],
    );
  }
}

async function setRoom(client: pg.ClientBase, fillfactor: string): Promise<void> {
  await client.query(`ALTER TABLE payonce.operations SET (fillfactor = ${Number(fillfactor)})`);
}

interface TableFill {
  readonly rows: number;
  readonly slots: number;
  /** The moment before which the payments lie. */
  readonly at: string;
  /** Called with the number of payments so far. */
  readonly onPiece: (filled: number) => void;
}

async function fillTable(url: string, table: Table, { rows, slots, at, onPiece }: TableFill): Promise<void> {
  const client = await connect(url);
  try {
    const statement = fillStatement(table, { rows, slots });
    const piece = isScattered(table) ? SCATTERED_PIECE : PIECE;
    for (let from = 1; from <= rows; from += piece) {
      const to = Math.min(rows, from + piece - 1);
      await client.query(statement, [at, from, to]);
      await client.query(`VACUUM payonce.${quote(table.name)}`);
      onPiece(to);
    }
  } finally {
    await client.end();
  }
}

const since = (startedMs: number): number => Math.round((performance.now() - startedMs) / 1000);

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SET work_mem = '${WORK_MEM}'`);
  return client;
}
