/** Time for the engine. Durations are measured by the monotonic clock; the wall clock is only for names and logs. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; may jump. Never decides anything about money. */
  wallMs(): number;
  /** Runs `callback` once after at least `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
