/**
 * Who starts a charge in this process right now, by order and by key. A crowd that wants the same order, or comes with the same key, would
 * queue for the same rows of the database, one statement after the other; so one of them goes there, and the others look at what came of it.
 *
 * Every new order passes here, so nothing is allocated for it but its entry.
 */
import { StoreError } from '../ports/store.ts';

/** What a request would start a charge for. */
export interface StartNames {
  readonly accountId: string;
  readonly orderId: string;
  /** Null: it came without a key. */
  readonly keyHash: string | null;
}

/** A start that is under way. */
interface Start {
  readonly names: StartNames;
  /** Null: nobody waits for it. */
  waiting: Waiting[] | null;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

export interface Starting {
  /**
   * Resolves when the start that is under way for the order or the key has ended, however it did; rejects with `StoreError` where
   * the database could not be used for it. Undefined: none is under way.
   */
  underWay(names: StartNames): Promise<void> | undefined;
  /** Notes a start for names of which none is under way, until it has ended. */
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
      // What is wrong with one request's own data is not wrong with another's.
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
      // Two accounts may use the same order id at the same time: the later one takes the name, and the earlier one's crowd queues.
      byOrder.set(names.orderId, start);
      if (names.keyHash !== null) byKey.set(names.keyHash, start);
      starting.then(
        () => end(start),
        (thrown: unknown) => end(start, thrown),
      );
    },
  };
}
