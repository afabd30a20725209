/** What the store's suite needs of a store, and what its tests act on. */
import type { Store } from '../../../src/ports/store.ts';

/** Two handles to the same data, as two processes have them. */
export interface Handles {
  readonly store: Store;
  readonly other: Store;
}

export interface StoreHarness {
  /** Empties the store, and gives handles to it that remember nothing. Answers are kept for `retentionMs`. */
  fresh(options: { readonly retentionMs: number }): Promise<Handles>;
  /** Lets the store's time pass: whatever is stored is `ms` older afterwards. */
  advanceClock(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** What the tests act on; `store` and `other` are new before every test. */
export interface Environment extends Handles {
  advanceClock(ms: number): Promise<void>;
}

/** A number that no other duration here shares. */
export const RETENTION_MS = 7_200_000;
