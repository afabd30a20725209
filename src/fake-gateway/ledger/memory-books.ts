/** The books in memory. Transactions run one after the other, so nobody ever uses a lock's name at the same time. */
import { randomBytes } from 'node:crypto';
import type { BookRecord, Books, RecordQuery, StoredRecord, Transact } from './books.ts';

type Charges = Pick<Books, 'book' | 'charges' | 'charge' | 'operate'>;

export function createMemoryBooks(tag: string, charges: Charges): Transact {
  /** By kind, then by id, in the order of their first writing. */
  const kinds = new Map<string, Map<string, StoredRecord>>();
  let count = 0;
  let last: Promise<unknown> = Promise.resolve();

  function write(record: BookRecord): void {
    const ofKind = kinds.get(record.kind) ?? new Map<string, StoredRecord>();
    kinds.set(record.kind, ofKind);
    const seq = ofKind.get(record.id)?.seq ?? ++count;
    // As text, so that nobody changes what is stored, and both ledgers store the same.
    const data: unknown = JSON.parse(JSON.stringify(record.data));
    ofKind.set(record.id, { ...record, labels: [...record.labels], data, seq });
  }

  function find(query: RecordQuery): StoredRecord[] {
    const found = [...(kinds.get(query.kind)?.values() ?? [])].filter((record) => matches(record, query));
    if (query.order === 'newest') found.reverse();
    return found.slice(0, query.limit);
  }

  const books: Books = {
    ...charges,
    newId: (prefix) => newRecordId(prefix, tag),
    read: async (kind, id) => kinds.get(kind)?.get(id),
    write: async (record) => write(record),
    find: async (query) => find(query),
  };

  return (_locks, work) => {
    const result = last.then(() => work(books));
    last = result.catch(() => {});
    return result;
  };
}

/** @param tag of the ledger, so that two ledgers never share an id. */
export function newRecordId(prefix: string, tag: string): string {
  return `${prefix}_${tag}${randomBytes(8).toString('hex')}`;
}

function matches(record: StoredRecord, query: RecordQuery): boolean {
  const { labels = [], fromMs, untilMs, afterSeq, beforeSeq } = query;
  return (
    labels.every((label) => record.labels.includes(label)) &&
    (fromMs === undefined || record.atMs >= fromMs) &&
    (untilMs === undefined || record.atMs <= untilMs) &&
    (afterSeq === undefined || record.seq > afterSeq) &&
    (beforeSeq === undefined || record.seq < beforeSeq)
  );
}
