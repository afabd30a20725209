/** Up to which charge of an order the gateway was asked already: a look that did not end goes on from there. */
export interface AheadMemory {
  /** The last charge that is known to be declined; 0: none is. */
  declinedUpTo(paymentId: string): number;
  note(paymentId: string, n: number): void;
}

/** Orders that are remembered; of any other the look begins anew, which costs lookups and nothing else. */
const MOST_ORDERS = 1000;

/** Keeps it in this process only: nothing may be written about a payment without a claim. */
export function createAheadMemory(): AheadMemory {
  const declined = new Map<string, number>();
  return {
    declinedUpTo: (paymentId) => declined.get(paymentId) ?? 0,
    note(paymentId, n) {
      declined.delete(paymentId);
      declined.set(paymentId, n);
      const [oldest] = declined.keys();
      if (declined.size > MOST_ORDERS && oldest !== undefined) declined.delete(oldest);
    },
  };
}
