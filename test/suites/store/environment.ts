/** What the store's suite needs of a store, and what its tests act on. */
import type { Store } from '../../../src/ports/store.ts';

/** Handles to the same data, as several processes have them. */
export interface Handles {
  readonly store: Store;
  readonly other: Store;
  /** One whose statements end as `failNext` says; it has no other faults. */
  readonly frail: Store;
}

/**
 * How a statement ends for its sender. `lost`: the connection broke before the statement arrived.
 * `lost_committed`: it was committed, and then the connection broke. `late`: the connection broke, and the statement is
 * still on its way. `serialization`: the database rolled it back, and said that it may be repeated.
 */
export type Ending = 'lost' | 'lost_committed' | 'late' | 'serialization';

export interface Faults {
  /** The next statement of `frail` ends so, or the one after so many others. */
  failNext(ending: Ending, after?: number): Promise<void>;
  /** Statements that have ended so since the handles were made. */
  failures(): Promise<number>;
  /** Resolves when everything that is still on its way has arrived and was handled. */
  arrive(): Promise<void>;
}

export interface StoreHarness extends Faults {
  /** Empties the store, and gives handles to it that remember nothing. Answers are kept for `retentionMs`. */
  fresh(options: { readonly retentionMs: number }): Promise<Handles>;
  /** Lets the store's time pass: whatever is stored is `ms` older afterwards. */
  advanceClock(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What the tests act on; the handles are new before every test. */
export interface Environment extends Handles, Faults {
  advanceClock(ms: number): Promise<void>;
}

/** A number that no other duration here shares. */
export const RETENTION_MS = 7_200_000;
