/** Questions whose answers must be new: what forbids caches to answer them, and what tells that one did. */
import type { ExchangeOptions } from '../../ports/gateway.ts';
import { isFromCache } from './cached.ts';
import { dateOf, GatewayDates } from './dates.ts';
import type { Exchange } from './exchange.ts';

/** The answer to a question. */
export interface Asked {
  readonly result: Exchange;
  /** The answer has a `Date`, and it was made before the question, or nothing tells that it was not. */
  readonly isOld: boolean;
}

export interface Asking<Question> {
  /** Asks one question, which has no effect. Never rejects. */
  send(question: Question, timeoutMs: number): Promise<Exchange>;
  /** A question that nobody has asked before, so no cache can have its answer. */
  neverAsked(): Question;
}

/** An old answer proves nothing, so no cache on the way may keep one or give one. */
export const FRESH: readonly string[] = ['cache-control', 'no-cache, no-store', 'pragma', 'no-cache'];

/**
 * Asks one question after the other, and says which answers are old. The first question of a process, and the first after 10 minutes
 * without one, asks for the gateway's clock as well.
 */
export function createAsk<Question>({
  send,
  neverAsked,
}: Asking<Question>): (question: Question, limits: ExchangeOptions) => Promise<Asked> {
  const dates = new GatewayDates();

  /** Learns the gateway's clock from an answer that cannot be an old one. */
  let learning: Promise<void> | undefined;
  const learnClock = (timeoutMs: number): Promise<void> => {
    learning ??= (async () => {
      const askedAtMs = performance.now();
      const result = await send(neverAsked(), timeoutMs);
      if (result.kind === 'answer' && !isFromCache(result))
        dates.isOld(result.headers, askedAtMs, performance.now());
    })().finally(() => {
      learning = undefined;
    });
    return learning;
  };

  return async (question, { timeoutMs }) => {
    const askedAtMs = performance.now();
    const result = await send(question, timeoutMs);
    const receivedAtMs = performance.now();
    if (result.kind !== 'answer' || result.status !== 200 || result.headers.date === undefined)
      return { result, isOld: false };
    // Two dates, or one that nobody can read, tell nothing. An old answer may have them.
    if (dateOf(result.headers) === undefined) return { result, isOld: true };
    // The first date that this process sees may be an old one itself. So may one that is ahead, if the clock was set back.
    const isUnclear = (): boolean =>
      !dates.isKnown(receivedAtMs) || dates.isAhead(result.headers, receivedAtMs);
    if (isUnclear()) await learnClock(Math.max(1, timeoutMs - (receivedAtMs - askedAtMs)));
    const isOld = isUnclear() || dates.isOld(result.headers, askedAtMs, receivedAtMs);
    return { result, isOld };
  };
}
