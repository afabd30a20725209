/** How long to wait before a failed request is sent again. */

/** Short enough that a shopper does not notice the first. */
const BASE_MS = 200;
/** Long enough for a server to recover, short enough to notice when it has. */
const CAP_MS = 5000;

/**
 * What the server says, and a random part of a time that doubles with each failure, so that many clients do not come at once.
 *
 * @param failures how many requests have failed, from 1
 * @param roll from 0 to just under 1
 */
export function backoffMs(failures: number, roll: number, retryAfterMs: number | null): number {
  const mostMs = Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1));
  return Math.ceil((retryAfterMs ?? 0) + roll * mostMs);
}
