/**
 * Finds old answers by their `Date`. Even a cache that does not name itself passes on the date at which the gateway made the answer. The
 * gateway's clock is compared only with itself: ours may be wrong.
 */
import type { AnswerHeaders } from './exchange.ts';
import { httpDate } from './retry-after.ts';

/** A date has whole seconds; the rest is for differences between the clocks of a gateway's hosts. */
const TOLERANCE_MS = 3_000;
/**
 * A clock that no answer has confirmed for so long is forgotten. Otherwise, if the gateway's clock is set back, or one of its hosts is
 * ahead, all later answers would look old for ever.
 */
const TRUSTED_MS = 600_000;

export class GatewayDates {
  /** How far the gateway's clock is ahead of our monotonic one, in milliseconds: the most that an answer has shown. */
  #aheadMs = 0;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;

  /** Whether a `Date` that comes now can be compared with the gateway's clock. `nowMs`: by the monotonic clock. */
  isKnown(nowMs: number): boolean {
    return nowMs - this.#confirmedAtMs <= TRUSTED_MS;
  }

  /** Whether the answer's `Date` is ahead of the clock that is known. The clock was set, or the answer is from before it was set back. */
  isAhead(headers: AnswerHeaders, receivedAtMs: number): boolean {
    const dateMs = dateOf(headers);
    const isKnown = this.isKnown(receivedAtMs);
    return isKnown && dateMs !== undefined && dateMs > receivedAtMs + this.#aheadMs + TOLERANCE_MS;
  }

  /**
   * Remembers the answer's `Date`, and returns whether the answer was made clearly before its request. `false` if that is not known:
   * without a date, or if the clock is not known.
   *
   * @param askedAtMs when the request was sent, and `receivedAtMs` when its answer came: by the monotonic clock
   */
  isOld(headers: AnswerHeaders, askedAtMs: number, receivedAtMs: number): boolean {
    const dateMs = dateOf(headers);
    if (dateMs === undefined) return false;
    const isKnown = this.isKnown(receivedAtMs);
    if (isKnown && dateMs < askedAtMs + this.#aheadMs - TOLERANCE_MS) return true;
    const aheadMs = dateMs - receivedAtMs;
    if (!isKnown || aheadMs > this.#aheadMs) this.#aheadMs = aheadMs;
    this.#confirmedAtMs = receivedAtMs;
    return false;
  }
}

/** The answer's `Date`, in milliseconds since the epoch. `undefined`: there is none that can be read. */
export function dateOf({ date }: AnswerHeaders): number | undefined {
  return typeof date === 'string' ? httpDate(date.trim()) : undefined;
}
