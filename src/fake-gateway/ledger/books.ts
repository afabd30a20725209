/**
 * What a protocol with rules of its own needs of the ledger: records that only it can read, and one transaction that covers them and
 * the charges. The ledger stores a record's content without knowing it.
 */
import type { Charge, NewCharge, NewOperation, OperationResult } from './port.ts';

/** A record of a protocol: a payment that is not a charge yet, a kept answer, an event. */
export interface BookRecord {
  /** What sort of record it is, such as `intent`. */
  readonly kind: string;
  /** Its name, which no other record of the kind has. */
  readonly id: string;
  /** Its time, in milliseconds since the Unix epoch. It may be in the future. */
  readonly atMs: number;
  /** Words that it can be found by. */
  readonly labels: readonly string[];
  /** Its content, as JSON. */
  readonly data: unknown;
}

/** A record in the books. */
export interface StoredRecord extends BookRecord {
  /** Its place in the order in which the records were first written. */
  readonly seq: number;
}

/** Which records of one kind. */
export interface RecordQuery {
  /** The kind. */
  readonly kind: string;
  /** Only records that have all of these labels. Default: all. */
  readonly labels?: readonly string[];
  /** Only records of this moment or later. Default: all. */
  readonly fromMs?: number;
  /** Only records of this moment or before. Default: all. */
  readonly untilMs?: number;
  /** Only records that were first written after the one with this number. Default: all. */
  readonly afterSeq?: number;
  /** Only records that were first written before the one with this number. Default: all. */
  readonly beforeSeq?: number;
  /** `oldest` or `newest` first, by when they were first written. */
  readonly order: 'oldest' | 'newest';
  /** The most records to return, at least 1. */
  readonly limit: number;
}

/** Records and charges within one transaction. */
export interface Books {
  /** A new name that no record and no other ledger has, such as `pi_…`. */
  newId(prefix: string): string;
  /** The record; undefined if there is none. */
  read(kind: string, id: string): Promise<StoredRecord | undefined>;
  /** Writes the record in place of the one with its name, which keeps its number. */
  write(record: BookRecord): Promise<void>;
  /** The records that match. */
  find(query: RecordQuery): Promise<readonly StoredRecord[]>;
  /** Books the charge. Its key and generation must be free. */
  book(charge: NewCharge): Promise<Charge>;
  /** The charges under the key, in the order of `generation`. */
  charges(key: string): Promise<readonly Charge[]>;
  /** The charge with this id; undefined if there is none. */
  charge(id: string): Promise<Charge | undefined>;
  /** Refunds, captures or voids, as `Ledger.operate` does. */
  operate(operation: NewOperation, nowMs: number): Promise<OperationResult>;
}

/** What nobody else may use during a transaction. */
export interface Locks {
  /** A name that is refused at once if somebody else uses it. Default: none. */
  readonly refused?: string;
  /** A name that is waited for. Default: none. */
  readonly awaited?: string;
}

/**
 * Runs `work` on the books: all of it counts, or nothing. Without locks, `work` must only read, and it sees one moment. Resolves null, and
 * does not run `work`, if somebody else uses the name in `refused`.
 */
export type Transact = <T>(locks: Locks, work: (books: Books) => Promise<T>) => Promise<T | null>;
