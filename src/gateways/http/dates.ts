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

  /**
   * Remembers the answer's `Date`, and returns whether the answer was made clearly before its request. `false` if that is not known:
   * without a date, or before the first one.
   *
   * @param askedAtMs when the request was sent, and `receivedAtMs` when its answer came: by the monotonic clock
   */
  isOld(headers: AnswerHeaders, askedAtMs: number, receivedAtMs: number): boolean {
    const dateMs = typeof headers.date === 'string' ? httpDate(headers.date.trim()) : undefined;
    if (dateMs === undefined) return false;
    const isKnown = receivedAtMs - this.#confirmedAtMs <= TRUSTED_MS;
    if (isKnown && dateMs < askedAtMs + this.#aheadMs - TOLERANCE_MS) return true;
    const aheadMs = dateMs - receivedAtMs;
    if (!isKnown || aheadMs > this.#aheadMs) this.#aheadMs = aheadMs;
    this.#confirmedAtMs = receivedAtMs;
    return false;
  }
}
