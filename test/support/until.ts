import { waitFor } from '../../sim/chaos/processes/wait.ts';

/** Far longer than any wait takes, even on a busy machine. Only a failing test lasts this long. */
const WITHIN_MS = 60_000;

/** Waits for `condition` to give something other than null, undefined or false, and resolves with that. */
export async function until<T>(
  what: string | (() => string),
  condition: () => Promise<T> | T,
  withinMs = WITHIN_MS,
): Promise<Exclude<NonNullable<T>, false>> {
  return waitFor({ what, withinMs, pollMs: 10 }, condition);
}
