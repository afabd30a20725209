import type { AnswerHeaders } from './exchange.ts';

/** RFC 9110 knows three forms of an HTTP date; only the first may still be generated. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The wait that an answer asks for, in milliseconds, or `undefined` where it asks for none that can be read. A
 * date counts from the answer's own `Date`, so that the gateway's clock is compared with itself; without one, from
 * `wallMs`. What lies in the past is 0. Not clamped above: how long to obey is policy. A header that came twice
 * contradicts itself and is ignored.
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

/** An HTTP date in milliseconds since the epoch, or `undefined` if it is none. */
export function httpDate(text: string): number | undefined {
  if (!HTTP_DATE.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
