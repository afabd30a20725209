/** Whether an answer may be an old one, kept by something between us and the gateway. */
import type { Answer } from './exchange.ts';

/**
 * `true` if the head of the answer shows any sign of a cache that served it.
 *
 * Money that such an answer shows has moved all the same, if it names our key, our reference and our terms: a charge does
 * not become untrue with age. What is absent, pending or declined in it may have changed since, so it proves nothing.
 */
export function isFromCache({ headers }: Answer): boolean {
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    // Only a cache writes `Age`: it says that the answer was not made for this request (RFC 9111 §5.1). A 0 says so as
    // well: the same lookup may have been answered in the same second, before the charge landed.
    if (name === 'age') return true;
    const text = typeof value === 'string' ? value : value.join();
    // 110 and its neighbours: stale, not revalidated, cut off from the gateway.
    if (name === 'warning' ? /\b11\d\b/.test(text) : name.includes('cache') && saysHit(name, text))
      return true;
  }
  return false;
}

/** `Cache-Status: x; hit`, `X-Cache: TCP_HIT`, `CF-Cache-Status: REVALIDATED`, `X-Cache-Hits: 0, 2`, `X-Cache-Hit: true` … */
function saysHit(name: string, text: string): boolean {
  // What others may do with the answer; it says nothing of where it comes from.
  if (name.endsWith('cache-control')) return false;
  // `collapsed`: the answer was made for somebody else's request, which may have been sent earlier.
  if (/hit|stale|updating|revalidated|collapsed/i.test(text)) return true;
  return name.includes('hit') && /[1-9]|true|yes/i.test(text);
}
