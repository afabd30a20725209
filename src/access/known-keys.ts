/**
 * Keys in memory, so that a request costs no read of the database. What is known of a key is read again in the background while it is used, and
 * is never older than `MAX_AGE_MS` while the database answers. So a revoked key ends within that time.
 */

import { allows } from '../domain/scopes.ts';
import { createTokenBucket } from '../engine/tokens.ts';
import type { KeyReader, UsableKey } from '../ports/access.ts';
import type { Clock } from '../ports/clock.ts';
import type { Caller } from './caller.ts';

/** A key that is used after this time is read again, and nobody waits for it. */
const RENEW_AFTER_MS = 2500;
/** Documented: within this time a new key, a revoked key and a disabled account take effect. */
const MAX_AGE_MS = 5000;
/** How long a key goes on to be known while the database cannot be read. It can be revoked only there. */
const KEEP_WHILE_AWAY_MS = 60_000;
/** Between two tries to read a key while the database cannot be read. */
const TRY_AGAIN_MS = 1000;

/** Each entry is a few hundred bytes. */
const MAX_KNOWN = 10_000;
const MAX_UNKNOWN = 10_000;

/**
 * Reads of keys that are not known here, per second, and how many may come at once. Anybody can make texts that look like keys, and each costs a
 * read. Beyond it, keys that are not known here have to wait; the known ones go on.
 */
const READS_PER_SECOND = 200;
const MAX_READING = 100;

/** `unknown`: there is no such key, or it cannot be used. `busy`: it was not looked up, because too many are. */
export type Found = Caller | 'unknown' | 'busy';

export interface KnownKeys {
  /**
   * By the key's hash. Answers at once if it is known. `isPlausible`: whether it is worth a read. Rejects with `StoreError` if the key has to be
   * read and cannot be.
   */
  find(hash: string, isPlausible: () => boolean): Found | Promise<Found>;
}

interface Entry {
  readonly caller: Caller;
  readonly perSecond: number | null;
  readonly readAtMs: number;
  /** On the monotonic clock. */
  readonly expiresAtMs: number;
  /** When a read failed last. */
  failedAtMs: number | null;
}

export function createKnownKeys(
  reader: Pick<KeyReader, 'usableKey'>,
  { monotonicMs }: Pick<Clock, 'monotonicMs'>,
): KnownKeys {
  /** Both in the order in which they were read. */
  const known = new Map<string, Entry>();
  const unknown = new Map<string, number>();
  /** The same key is read once at a time. */
  const reading = new Map<string, Promise<Found>>();
  const reads = createTokenBucket({
    capacity: READS_PER_SECOND,
    initial: READS_PER_SECOND,
    perSecond: READS_PER_SECOND,
  });

  function keep(hash: string, key: UsableKey | null, readAtMs: number): Found {
    const before = known.get(hash);
    known.delete(hash);
    if (key === null) {
      put(unknown, MAX_UNKNOWN, hash, readAtMs);
      return 'unknown';
    }
    // The old entry knows how much of the limit is used up.
    const take =
      before !== undefined && before.perSecond === key.perSecond
        ? before.caller.take
        : limit(key, monotonicMs);
    const { accountId, keyId, scopes, perSecond } = key;
    const entry: Entry = {
      caller: { accountId, keyId, may: (scope) => allows(scopes, scope), take },
      perSecond,
      readAtMs,
      expiresAtMs: readAtMs + (key.expiresInMs ?? Number.POSITIVE_INFINITY),
      failedAtMs: null,
    };
    put(known, MAX_KNOWN, hash, entry);
    return entry.caller;
  }

  function read(hash: string): Promise<Found> {
    const running = reading.get(hash);
    if (running !== undefined) return running;
    // From before the question: what is true at the answer may have changed on its way.
    const readAtMs = monotonicMs();
    const found = reader
      .usableKey(hash)
      .then(
        (key) => keep(hash, key, readAtMs),
        (error: unknown) => {
          const entry = known.get(hash);
          if (entry === undefined) throw error;
          entry.failedAtMs = monotonicMs();
          if (!isKept(entry, entry.failedAtMs)) throw error;
          return entry.caller;
        },
      )
      .finally(() => reading.delete(hash));
    reading.set(hash, found);
    return found;
  }

  function renew(hash: string, { failedAtMs }: Entry, nowMs: number): void {
    if (failedAtMs !== null && nowMs - failedAtMs < TRY_AGAIN_MS) return;
    // The entry says when it failed.
    read(hash).catch(() => {});
  }

  /** A key that is read for the first time, or was not used for a while. */
  function readNew(hash: string, nowMs: number): Found | Promise<Found> {
    if (reading.has(hash)) return read(hash);
    if (reading.size >= MAX_READING) return 'busy';
    if (reads.reserve(nowMs) > 0) {
      reads.add(1);
      return 'busy';
    }
    return read(hash);
  }

  return {
    find(hash, isPlausible) {
      const nowMs = monotonicMs();
      const entry = known.get(hash);
      if (entry === undefined) {
        const readAtMs = unknown.get(hash);
        const isUnknown = readAtMs !== undefined && nowMs - readAtMs < MAX_AGE_MS;
        return isUnknown || !isPlausible() ? 'unknown' : readNew(hash, nowMs);
      }
      if (nowMs >= entry.expiresAtMs) return 'unknown';
      const ageMs = nowMs - entry.readAtMs;
      if (ageMs < RENEW_AFTER_MS) return entry.caller;
      if (ageMs < MAX_AGE_MS || (entry.failedAtMs !== null && isKept(entry, nowMs))) {
        renew(hash, entry, nowMs);
        return entry.caller;
      }
      return read(hash);
    },
  };
}

function isKept(entry: Entry, nowMs: number): boolean {
  return nowMs < entry.expiresAtMs && nowMs - entry.readAtMs < KEEP_WHILE_AWAY_MS;
}

/** The one that was read longest ago makes room. */
function put<Value>(map: Map<string, Value>, most: number, hash: string, value: Value): void {
  map.delete(hash);
  const [oldest] = map.keys();
  if (map.size >= most) map.delete(oldest as string);
  map.set(hash, value);
}

function limit({ perSecond }: UsableKey, monotonicMs: () => number): Caller['take'] {
  if (perSecond === null) return () => null;
  const bucket = createTokenBucket({ capacity: perSecond, initial: perSecond, perSecond });
  return () => {
    const waitMs = bucket.reserve(monotonicMs());
    if (waitMs === 0) return null;
    // It is refused, so it must not use up what comes later.
    bucket.add(1);
    return waitMs;
  };
}
