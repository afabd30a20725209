/** When the requests of an open loop leave: fixed before the first one does, so that no slow answer can delay the next. */

/**
 * Send times in milliseconds from the start, as clients that know nothing of each other come: the gaps are exponential.
 * The same seed gives the same times, so that every server gets the same bunches.
 */
export function sendTimes(options: {
  readonly perSecond: number;
  readonly forMs: number;
  readonly seed: number;
}): readonly number[] {
  const { perSecond, forMs, seed } = options;
  const random = createRandom(seed);
  const gapMs = 1000 / perSecond;
  const times: number[] = [];
  for (let at = 0; ; ) {
    at += -Math.log(1 - random()) * gapMs;
    if (at >= forMs) return times;
    times.push(at);
  }
}

/** Uniform in [0, 1): mulberry32, public domain. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
