/** The books in PostgreSQL. Locks are advisory and end with the transaction, so a process that dies holds none. */
import type { Pool, PoolClient } from 'pg';
import type { BookRecord, Books, Locks, RecordQuery, StoredRecord, Transact } from './books.ts';
import { seqOf } from './ids.ts';
import { newRecordId } from './memory-books.ts';
import { bookBatch } from './postgres-book.ts';
import { operateLocked } from './postgres-operations.ts';
import { readCharges } from './postgres-rows.ts';
import { inTransaction } from './postgres-transaction.ts';

export function createPostgresBooks(pool: Pool, tag: string): Transact {
  return (locks, work) => {
    const onlyReads = locks.refused === undefined && locks.awaited === undefined;
    // Behind a lock, each statement must see what its last owner has committed.
    return inTransaction(pool, onlyReads ? 'REPEATABLE READ' : 'READ COMMITTED', async (client) =>
      (await isLocked(client, locks)) ? work(booksOf(client, tag)) : null,
    );
  };
}

const LOCK_KEY = "hashtextextended('fake_gateway.books ' || $1, 0)";

async function isLocked(client: PoolClient, { refused, awaited }: Locks): Promise<boolean> {
  if (refused !== undefined) {
    const { rows } = await client.query<{ got: boolean }>(
      `SELECT pg_try_advisory_xact_lock(${LOCK_KEY}) AS got`,
      [refused],
    );
    if (rows[0]?.got !== true) return false;
  }
  if (awaited !== undefined) await client.query(`SELECT pg_advisory_xact_lock(${LOCK_KEY})`, [awaited]);
  return true;
}

function booksOf(client: PoolClient, tag: string): Books {
  return {
    newId: (prefix) => newRecordId(prefix, tag),
    async read(kind, id) {
      const { rows } = await client.query<Row>(
        'SELECT * FROM fake_gateway.records WHERE kind = $1 AND id = $2',
        [kind, id],
      );
      return rows[0] && recordOf(rows[0]);
    },
    write: (record) => write(client, record),
    find: (query) => find(client, query),
    async book(charge) {
      const [booked] = await bookBatch(client, tag, [charge]);
      if (booked?.created !== true) throw new Error(`The charge ${charge.key} is booked already.`);
      return booked.charge;
    },
    charges: (key) => readCharges(client, tag, 'WHERE key = $1 ORDER BY generation', [key]),
    async charge(id) {
      const seq = seqOf(id, 'ch', tag);
      return seq === undefined ? undefined : (await readCharges(client, tag, 'WHERE seq = $1', [seq]))[0];
    },
    operate: (operation, nowMs) => operateLocked(client, tag, operation, nowMs),
  };
}

async function write(client: PoolClient, { kind, id, atMs, labels, data }: BookRecord): Promise<void> {
  await client.query(
    `INSERT INTO fake_gateway.records (kind, id, at_ms, labels, data) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (kind, id) DO UPDATE SET at_ms = excluded.at_ms, labels = excluded.labels, data = excluded.data`,
    [kind, id, atMs, labels, JSON.stringify(data)],
  );
}

async function find(client: PoolClient, query: RecordQuery): Promise<StoredRecord[]> {
  const { kind, labels = [], fromMs, untilMs, afterSeq, beforeSeq, order, limit } = query;
  const { rows } = await client.query<Row>(
    `SELECT * FROM fake_gateway.records
      WHERE kind = $1 AND labels @> $2 AND ($3::bigint IS NULL OR at_ms >= $3) AND ($4::bigint IS NULL OR at_ms <= $4)
        AND ($5::bigint IS NULL OR seq > $5) AND ($6::bigint IS NULL OR seq < $6)
      ORDER BY seq ${order === 'newest' ? 'DESC' : 'ASC'} LIMIT $7`,
    [kind, labels, fromMs ?? null, untilMs ?? null, afterSeq ?? null, beforeSeq ?? null, limit],
  );
  return rows.map(recordOf);
}

interface Row {
  seq: string;
  kind: string;
  id: string;
  at_ms: string;
  labels: string[];
  data: unknown;
}

function recordOf({ seq, kind, id, at_ms, labels, data }: Row): StoredRecord {
  return { seq: Number(seq), kind, id, atMs: Number(at_ms), labels, data };
}
