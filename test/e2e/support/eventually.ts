const POLL_MS = 15;

/** Far more than anything waited for takes, even on a busy machine; only a failing test lasts that long. */
const WITHIN_MS = 60_000;

/** Polls until `probe` gives something other than null, undefined or false; fails with `what` after `withinMs`. */
export async function eventually<T>(
  what: string | (() => string),
  probe: () => T | Promise<T>,
  withinMs = WITHIN_MS,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await probe();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Runs `work` over all items, at most `width` at once, in their order. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  async function worker(): Promise<void> {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as T, index);
    }
  }
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
