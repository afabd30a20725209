/**
 * Whom the gateway refuses: us, or one order. Both are a 401 or 403, and no gateway says which. One order may be refused for its own
 * sake, again and again; two different ones with no other answer between are refused for our credentials.
 */
import type { CallHealth } from './breaker.ts';

export interface Refusals {
  /** Notes how a call of the payment ended; true: it is the second payment in a row that is refused. */
  blamesUs(paymentId: string, health: CallHealth): boolean;
}

/** More refused orders than a person will let stand. Beyond it, they count as new once more. */
const MAX_KNOWN = 10_000;

export function createRefusals(): Refusals {
  /** Payments that are refused for now. That they are refused again is no news: two of them must not stop all others for ever. */
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
