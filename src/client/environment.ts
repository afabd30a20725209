/** Time and chance, so that tests need neither. */
export interface Environment {
  /** A clock that only goes forward, in milliseconds. */
  nowMs(): number;
  /** Calls back once, after so many milliseconds. Returns what takes that back. */
  after(delayMs: number, callback: () => void): () => void;
  /** From 0 to just under 1. */
  random(): number;
}

export const REAL: Environment = {
  nowMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
