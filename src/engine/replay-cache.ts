/**
 * Frozen answers by key, in memory, so that a replay needs no database. Only what cannot change is kept: settled
 * answers, under their key and fingerprint, until they expire.
 */
import type { Clock } from '../ports/clock.ts';
import type { FrozenAnswer } from './answer.ts';

export interface CachedAnswer {
  readonly fingerprint: string;
  readonly frozen: FrozenAnswer;
  readonly paymentId: string;
  readonly started: boolean;
}

export interface ReplayCache {
  get(accountId: string, keyHash: string): CachedAnswer | undefined;
  /** `freshForMs`: how long the answer may still be given. */
  put(accountId: string, keyHash: string, answer: CachedAnswer, freshForMs: number): void;
}

interface Entry {
  readonly accountId: string;
  readonly answer: CachedAnswer;
  readonly untilMs: number;
}

/**
 * Two generations: when the young one is full, it becomes the old one, and the old one is dropped. That keeps
 * between `capacity` and half of it, without an eviction per insert. Entries are found by the hash alone, so no
 * longer key is built per request. If two accounts use the same key, the later one is kept.
 */
export function createReplayCache(capacity: number, clock: Clock): ReplayCache {
  const half = Math.max(1, Math.floor(capacity / 2));
  let young = new Map<string, Entry>();
  let old = new Map<string, Entry>();

  function insert(key: string, entry: Entry): void {
    if (young.size >= half) {
      old = young;
      young = new Map();
    }
    young.set(key, entry);
  }

  return {
    get(accountId, keyHash) {
      let entry = young.get(keyHash);
      if (entry === undefined) {
        entry = old.get(keyHash);
        if (entry === undefined) return undefined;
        insert(keyHash, entry);
      }
      if (entry.accountId !== accountId) return undefined;
      return clock.monotonicMs() < entry.untilMs ? entry.answer : undefined;
    },
    put(accountId, keyHash, answer, freshForMs) {
      if (capacity === 0) return;
      insert(keyHash, { accountId, answer, untilMs: clock.monotonicMs() + freshForMs });
    },
  };
}
