/** How far an order's later charges have been looked up. A search that did not finish continues from there. */
export interface AheadMemory {
  /** The last charge of the row that is known to be declined or sealed. 0: none. */
  declinedUpTo(paymentId: string): number;
  note(paymentId: string, n: number): void;
}

/** Orders that are remembered. For any other, the search starts again, which only costs lookups. */
const MOST_ORDERS = 1000;

/** In this process only, because nothing may be written about a payment without a claim. */
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
