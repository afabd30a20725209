/**
 * The charges that requests in this process are starting right now, by order and by key. Many requests for the same
 * order, or with the same key, would queue for the same rows of the database, one statement after the other. So one
 * of them goes there, and the others look at its result.
 *
 * Every new order passes through here, so only its entry is allocated for it.
 */
import { StoreError } from '../ports/store.ts';

/** The names for which a request would start a charge. */
export interface StartNames {
  readonly accountId: string;
  readonly orderId: string;
  /** Null: it has no key. */
  readonly keyHash: string | null;
}

/** A start that is under way. */
interface Start {
  readonly names: StartNames;
  /** Null: no request waits for it. */
  waiting: Waiting[] | null;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

export interface Starting {
  /**
   * Resolves when the start that is under way for the order or the key has ended in any way. Rejects with
   * `StoreError` if the database could not be used for it. Undefined: none is under way.
   */
  underWay(names: StartNames): Promise<void> | undefined;
  /** Notes a start until it has ended. No other start may be under way for its names. */
  note(names: StartNames, start: Promise<unknown>): void;
}

export function createStarting(): Starting {
  const byOrder = new Map<string, Start>();
  const byKey = new Map<string, Start>();

  function find({ accountId, orderId, keyHash }: StartNames): Start | undefined {
    const ofOrder = byOrder.get(orderId);
    if (ofOrder !== undefined && ofOrder.names.accountId === accountId) return ofOrder;
    const ofKey = keyHash === null ? undefined : byKey.get(keyHash);
    return ofKey !== undefined && ofKey.names.accountId === accountId ? ofKey : undefined;
  }

  function end(start: Start, thrown?: unknown): void {
    const { orderId, keyHash } = start.names;
    if (byOrder.get(orderId) === start) byOrder.delete(orderId);
    if (keyHash !== null && byKey.get(keyHash) === start) byKey.delete(keyHash);
    if (start.waiting === null) return;
    for (const { resolve, reject } of start.waiting) {
      // An error in one request's own data does not concern the others.
      if (thrown instanceof StoreError) reject(thrown);
      else resolve();
    }
  }

  return {
    underWay(names) {
      const start = find(names);
      if (start === undefined) return undefined;
      return new Promise((resolve, reject) => {
        start.waiting ??= [];
        start.waiting.push({ resolve, reject });
      });
    },
    note(names, starting) {
      const start: Start = { names, waiting: null };
      // Two accounts may use the same order id at the same time. Then the later one takes the name, and further
      // requests of the earlier one queue at the database.
      byOrder.set(names.orderId, start);
      if (names.keyHash !== null) byKey.set(names.keyHash, start);
      starting.then(
        () => end(start),
        (thrown: unknown) => end(start, thrown),
      );
    },
  };
}
