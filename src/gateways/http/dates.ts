/**
 * Notices an old answer by its `Date`. A cache that says nothing of itself still hands on the date at which the gateway made the
 * answer. The gateway's clock is compared with itself only: ours may be wrong.
 */
import type { AnswerHeaders } from './exchange.ts';
import { httpDate } from './retry-after.ts';

/** A date has whole seconds, and the clocks of a gateway's hosts differ by less than the rest of this. */
const TOLERANCE_MS = 3_000;
/**
 * A clock that nobody has confirmed for so long is forgotten. Else a gateway whose clock was set back, or one host whose clock is ahead,
 * could make all later answers look old for ever.
 */
const TRUSTED_MS = 600_000;

export class GatewayDates {
  /** How far the gateway's clock is ahead of our monotonic one, in milliseconds; the most that was heard. */
  #aheadMs = 0;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;

  /**
   * Takes note of the answer's `Date`, and tells whether the answer was made more than a moment before it was asked for. `false` where
   * nothing can be said: without a date, or before the first one.
   *
   * @param askedAtMs and `heardAtMs`: of the monotonic clock
   */
  isOld(headers: AnswerHeaders, askedAtMs: number, heardAtMs: number): boolean {
    const dateMs = typeof headers.date === 'string' ? httpDate(headers.date.trim()) : undefined;
    if (dateMs === undefined) return false;
    const isKnown = heardAtMs - this.#confirmedAtMs <= TRUSTED_MS;
    if (isKnown && dateMs < askedAtMs + this.#aheadMs - TOLERANCE_MS) return true;
    const aheadMs = dateMs - heardAtMs;
    if (!isKnown || aheadMs > this.#aheadMs) this.#aheadMs = aheadMs;
    this.#confirmedAtMs = heardAtMs;
    return false;
  }
}
