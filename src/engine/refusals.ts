/**
 * Whether the gateway refuses us, or one order. Both are a 401 or 403, and no gateway says which. One order may be
 * refused again and again for its own reasons. If two different orders are refused with no other answer in between,
 * our credentials are refused.
 */
import type { CallHealth } from './breaker.ts';

export interface Refusals {
  /**
   * Notes how a call ended. `unit`: what was called. A number: it is at least the second in a row that is refused, and the
   * first of them was refused then. Null: nothing says that we are refused.
   */
  refusedSinceMs(unit: string, health: CallHealth, nowMs: number): number | null;
}

/** A person acts before there are so many refused orders. Beyond this, they count as new again. */
const MAX_KNOWN = 10_000;

export function createRefusals(): Refusals {
  /**
   * Payments that are refused at the moment. Another refusal of them does not count: two of them must not stop all
   * others for ever.
   */
  const known = new Set<string>();
  /** When the first payment in the row was refused. Null: the last answer was no refusal. */
  let rowSinceMs: number | null = null;
  return {
    refusedSinceMs(unit, health, nowMs) {
      if (health === 'silence') return null;
      if (health !== 'forbidden') {
        rowSinceMs = null;
        known.delete(unit);
        return null;
      }
      if (known.has(unit)) return null;
      if (known.size >= MAX_KNOWN) known.clear();
      known.add(unit);
      const sinceMs = rowSinceMs;
      rowSinceMs ??= nowMs;
      return sinceMs;
    },
  };
}
