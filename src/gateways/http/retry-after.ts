import type { AnswerHeaders } from './exchange.ts';

/** RFC 9110 has three forms of an HTTP date. Servers may send only the first. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The wait that an answer asks for, in milliseconds; `undefined` if it asks for none that can be read. A date counts from the answer's
 * `Date`, so that the gateway's clock is compared with itself; without one, from `wallMs`. A time in the past is 0. There is no upper
 * limit here: that is policy. A repeated header is ignored.
 */
export function retryAfterMs(headers: AnswerHeaders, wallMs: number): number | undefined {
  const value = headers['retry-after'];
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^-?\d+$/.test(text)) return Math.min(Math.max(0, Number(text) * 1000), Number.MAX_SAFE_INTEGER);
  const until = httpDate(text);
  if (until === undefined) return undefined;
  const sentAt = typeof headers.date === 'string' ? httpDate(headers.date.trim()) : undefined;
  return Math.max(0, until - (sentAt ?? wallMs));
}

/** An HTTP date in milliseconds since the epoch; `undefined` if it is none. */
export function httpDate(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
