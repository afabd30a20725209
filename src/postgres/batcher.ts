/**
 * Micro-batching: items that arrive while a statement is under way are sent together in the next one. An idle batcher sends its items at
 * the end of the event loop's turn, with all that arrived in the same turn, so batching never waits. One statement at a time makes the
 * longest batches, and a statement costs PostgreSQL more than its rows. Only a statement that hangs (behind a lock, for example) is
 * overtaken.
 */
import { StoreError } from '../ports/store.ts';
import { isRowError, repeatsOf } from './errors.ts';

export interface BatcherOptions<Item, Result> {
  /** Runs one statement for all items. Resolves to one result for each item, in the order of the items. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** The rows that the item writes. Two items that share a row never share a batch, because one of them would be lost. */
  readonly keysOf: (item: Item) => readonly string[];
  /**
   * Items per statement. Default 64: with more, a row is hardly cheaper, and this process and the database wait for each other in turn.
   */
  readonly maxItems?: number;
  /** Statements under way at once, the overtaking one included. Default 2. */
  readonly maxInFlight?: number;
  /** A statement that takes longer than this, in milliseconds, may be overtaken by the next. Default 50, as long as several usual ones. */
  readonly overtakeAfterMs?: number;
  /**
   * An item that could not be sent for this long, in milliseconds, is refused as `unavailable`. Without this, the queue would grow without
   * limit while a database hangs. Default 10,000; most clients have gone by then.
   */
  readonly maxWaitMs?: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly keys: readonly string[];
  readonly sinceMs: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Returns the function that adds an item and resolves to its own result. */
export function createBatcher<Item, Result>(
  options: BatcherOptions<Item, Result>,
): (item: Item) => Promise<Result> {
  const { run, keysOf, maxItems = 64, maxInFlight = 2, overtakeAfterMs = 50, maxWaitMs = 10_000 } = options;
  let waiting: Waiting<Item, Result>[] = [];
  /** When each of the statements under way was sent, oldest first. */
  let sentMs: readonly number[] = [];
  let scheduled = false;
  let overtaking: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (scheduled || sentMs.length >= maxInFlight || waiting.length === 0) return;
    // The newest statement counts: beside one that hangs, the others follow each other as usual.
    const youngestMs = sentMs.at(-1);
    const leftMs = youngestMs === undefined ? 0 : youngestMs + overtakeAfterMs - performance.now();
    if (leftMs > 0) {
      overtaking ??= setTimeout(overtake, leftMs);
      return;
    }
    scheduled = true;
    // Requests on other sockets of this turn are not read yet, and would miss the statement. A full one need not wait.
    if (waiting.length < maxItems) setImmediate(flush);
    else queueMicrotask(flush);
  }

  function overtake(): void {
    overtaking = undefined;
    schedule();
  }

  function flush(): void {
    scheduled = false;
    if (sentMs.length >= maxInFlight) return;
    const batch = takeBatch();
    if (batch.length === 0) return;
    const sinceMs = performance.now();
    sentMs = [...sentMs, sinceMs];
    void runBatch(batch).finally(() => {
      const at = sentMs.indexOf(sinceMs);
      sentMs = sentMs.filter((_sent, index) => index !== at);
      clearTimeout(overtaking);
      overtaking = undefined;
      schedule();
    });
    schedule();
  }

  function takeBatch(): Waiting<Item, Result>[] {
    const taken = new Set<string>();
    const batch: Waiting<Item, Result>[] = [];
    const left: Waiting<Item, Result>[] = [];
    const nowMs = performance.now();
    for (const entry of waiting) {
      if (nowMs - entry.sinceMs > maxWaitMs) {
        entry.reject(
          new StoreError(
            'unavailable',
            'The database was busy for too long, so nothing was sent to it. Try again; if this goes on, look for locks and slow statements (pg_stat_activity).',
          ),
        );
      } else if (batch.length < maxItems && !entry.keys.some((key) => taken.has(key))) {
        for (const key of entry.keys) taken.add(key);
        batch.push(entry);
      } else {
        left.push(entry);
      }
    }
    waiting = left;
    // Always sorted: two batches that lock the same rows in opposite order would deadlock.
    return batch.sort((a, b) => compare(a.keys[0] ?? '', b.keys[0] ?? ''));
  }

  async function runBatch(batch: readonly Waiting<Item, Result>[], repeats = 0): Promise<void> {
    try {
      const results = await run(batch.map((entry) => entry.item));
      batch.forEach((entry, index) => {
        entry.resolve(results[index] as Result);
      });
    } catch (error) {
      await afterError(batch, repeats, error);
    }
  }

  async function afterError(
    batch: readonly Waiting<Item, Result>[],
    repeats: number,
    error: unknown,
  ): Promise<void> {
    if (repeats < repeatsOf(error)) return runBatch(batch, repeats + 1);
    if (isRowError(error) && batch.length > 1) {
      // One bad row makes the whole statement fail. Halve the batch until that row is alone.
      const middle = batch.length >> 1;
      await runBatch(batch.slice(0, middle), repeats);
      await runBatch(batch.slice(middle), repeats);
      return;
    }
    for (const entry of batch) entry.reject(error);
  }

  return (item) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, keys: keysOf(item), sinceMs: performance.now(), resolve, reject });
      schedule();
    });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
