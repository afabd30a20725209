/**
 * Whether the gateway refuses us, or one order. Both are a 401 or 403, and no gateway says which. One order may be
 * refused again and again for its own reasons. If two different orders are refused with no other answer in between,
 * our credentials are refused.
 */
import type { CallHealth } from './breaker.ts';

export interface Refusals {
  /** Notes how a call of the payment ended. True: it is the second payment in a row that is refused. */
  blamesUs(paymentId: string, health: CallHealth): boolean;
}

/** A person acts before there are so many refused orders. Beyond this, they count as new again. */
const MAX_KNOWN = 10_000;

export function createRefusals(): Refusals {
  /**
   * Payments that are refused at the moment. Another refusal of them does not count: two of them must not stop all
   * others for ever.
   */
  const known = new Set<string>();
  let newInRow = 0;
  return {
    blamesUs(paymentId, health) {
      if (health === 'silence') return false;
      if (health !== 'forbidden') {
        newInRow = 0;
        known.delete(paymentId);
        return false;
      }
      if (known.has(paymentId)) return false;
      if (known.size >= MAX_KNOWN) known.clear();
      known.add(paymentId);
      newInRow += 1;
      return newInRow > 1;
    },
  };
}
