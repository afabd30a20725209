/**
 * A token bucket on a given clock, with reservations. If it is empty, the caller learns when its own token will be
 * there, so that many callers are spread out instead of all waking at once.
 */
export interface TokenBucketOptions {
  /** The most that can be saved up. */
  readonly capacity: number;
  /** What it starts with. */
  readonly initial: number;
  readonly perSecond: number;
}

export interface TokenBucket {
  /** Takes a token, perhaps a future one. Returns the milliseconds until it is there. */
  reserve(nowMs: number): number;
  /** Adds tokens that were earned in another way or not used, up to the capacity. */
  add(tokens: number): void;
}

export function createTokenBucket({ capacity, initial, perSecond }: TokenBucketOptions): TokenBucket {
  let tokens = initial;
  let filledAtMs: number | null = null;
  return {
    reserve(nowMs) {
      const earned = filledAtMs === null ? 0 : ((nowMs - filledAtMs) / 1000) * perSecond;
      tokens = Math.min(capacity, tokens + earned) - 1;
      filledAtMs = nowMs;
      return tokens >= 0 ? 0 : Math.ceil((-tokens / perSecond) * 1000);
    },
    add(earned) {
      tokens = Math.min(capacity, tokens + earned);
    },
  };
}
