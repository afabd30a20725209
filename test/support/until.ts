import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 10;

/** Far more than anything waited for takes, even on a busy machine; only a failing test lasts that long. */
const DEADLINE_MS = 60_000;

/** Waits for `condition` to give something other than false or undefined, and resolves with that. */
export async function until<T>(what: string, condition: () => Promise<T> | T): Promise<NonNullable<T>> {
  for (let waitedMs = 0; waitedMs < DEADLINE_MS; waitedMs += POLL_MS) {
    const result = await condition();
    if (result !== undefined && result !== null && result !== false) return result;
    await pause(POLL_MS);
  }
  throw new Error(`waited in vain until ${what}`);
}
