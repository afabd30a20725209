/** Time as the engine sees it. Durations come from the monotonic reading; the wall clock only names things. */
export interface Clock {
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; may jump. Never decides anything about money. */
  wallMs(): number;
  /** Runs `callback` once after at least `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
