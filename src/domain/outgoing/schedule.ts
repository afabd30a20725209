/** When an event is sent again, and when it is given up: the schedule of the Standard Webhooks specification, about three days in all. */

const S = 1000;
const MIN = 60 * S;
const H = 60 * MIN;

/** The wait after each try that failed, in milliseconds. After the try that follows the last wait, the event is a dead letter. */
export const WAITS_MS: readonly number[] = [
  5 * S,
  5 * MIN,
  30 * MIN,
  2 * H,
  5 * H,
  10 * H,
  14 * H,
  20 * H,
  24 * H,
];

/** The sum of the waits, with the jitter at its most: an event that is older is given up with its next failure. */
export const GIVE_UP_AFTER_MS = Math.ceil(WAITS_MS.reduce((sum, ms) => sum + ms, 0) * 1.1);

/** The longest `Retry-After` that is obeyed. */
const RETRY_AFTER_CAP_MS = H;

/** From so many failures in a row on, an endpoint is sick: it gets one event at a time, with pauses between. */
export const SICK_AFTER = 5;
const LONGEST_PAUSE_MS = 5 * MIN;

/** What came back for one try. */
export interface TryResult {
  /** Null: no answer. */
  readonly status: number | null;
  /** What `Retry-After` says; null: nothing. */
  readonly retryAfterMs: number | null;
}

export type NextTry =
  | { readonly kind: 'delivered' }
  /** The receiver says that the endpoint is gone for good: nothing more is sent to it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'again'; readonly waitMs: number }
  | { readonly kind: 'dead' };

/**
 * @param tries how often it was sent since it was made or asked for again, this time included
 * @param ageMs how long ago that was
 * @param chance from 0 to 1: a tenth of each wait is random, so that many events do not come back at once
 */
export function nextTry(
  { status, retryAfterMs }: TryResult,
  { tries, ageMs, chance }: { readonly tries: number; readonly ageMs: number; readonly chance: number },
): NextTry {
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status === 410) return { kind: 'gone' };
  const waitMs = WAITS_MS[tries - 1];
  if (waitMs === undefined || ageMs > GIVE_UP_AFTER_MS) return { kind: 'dead' };
  const least = Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS);
  return { kind: 'again', waitMs: Math.max(least, waitMs * (1 + chance / 10)) };
}

/** How long a sick endpoint gets nothing: doubles with each failure. 0: it is not sick. */
export function pauseOf(failuresInRow: number, retryAfterMs: number | null): number {
  const own = failuresInRow < SICK_AFTER ? 0 : S * 2 ** Math.min(failuresInRow - SICK_AFTER, 20);
  return Math.max(Math.min(own, LONGEST_PAUSE_MS), Math.min(retryAfterMs ?? 0, RETRY_AFTER_CAP_MS));
}
