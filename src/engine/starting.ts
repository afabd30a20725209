/**
 * Who starts a charge in this process right now, by order and by key. A crowd that wants the same order, or comes with the same key, would
 * queue for the same rows of the database, one statement after the other; so one of them goes there, and the others look at what came of it.
 */
import { StoreError } from '../ports/store.ts';

export interface Starting {
  /**
   * Resolves when the start that is under way for one of the names has ended, however it did; rejects with `StoreError` where the
   * database could not be used for it. Undefined: none is under way.
   */
  underWay(names: readonly string[]): Promise<void> | undefined;
  /** Notes a start for names of which none is under way, until it has ended. */
  note(names: readonly string[], start: Promise<unknown>): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

export function createStarting(): Starting {
  const starts = new Map<string, Waiting[]>();
  return {
    underWay(names) {
      for (const name of names) {
        const waiting = starts.get(name);
        if (waiting !== undefined)
          return new Promise((resolve, reject) => void waiting.push({ resolve, reject }));
      }
      return undefined;
    },
    note(names, start) {
      const waiting: Waiting[] = [];
      for (const name of names) starts.set(name, waiting);
      const ended = (thrown?: unknown): void => {
        for (const name of names) starts.delete(name);
        for (const { resolve, reject } of waiting) {
          // What is wrong with one request's own data is not wrong with another's.
          if (thrown instanceof StoreError) reject(thrown);
          else resolve();
        }
      };
      start.then(() => ended(), ended);
    },
  };
}
