/**
 * A token bucket on a given clock, in which a place can be reserved: whoever finds it empty is told when its own
 * token will be there, so that a crowd is spread instead of waking all at once.
 */
export interface TokenBucketOptions {
  /** The most that can be saved up. */
  readonly capacity: number;
  /** What it starts with. */
  readonly initial: number;
  readonly perSecond: number;
}

export interface TokenBucket {
  /** Takes a token, perhaps one of the future; returns the milliseconds until it is there. */
  reserve(nowMs: number): number;
  /** Adds what was earned otherwise or not used, up to the capacity. */
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
