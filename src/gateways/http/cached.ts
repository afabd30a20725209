/** Whether an answer may be an old one, kept by a cache between us and the gateway. Its headers are checked for signs of a cache. */
import type { Answer } from './exchange.ts';

/**
 * `true` if a header shows any sign of a cache that may have served the answer. A cache's header must have one of the known words for
 * "passed on"; any other text counts as a hit.
 *
 * Money in such an answer has moved all the same, if it names our key, our reference and our terms: a charge stays true. But an
 * absent, pending or declined charge may have changed since, so it proves nothing.
 */
export function isFromCache({ headers }: Answer): boolean {
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && tellsOfCache(name, typeof value === 'string' ? value : value.join()))
      return true;
  }
  return false;
}

function tellsOfCache(name: string, text: string): boolean {
  switch (name) {
    case 'age':
      // Only a cache writes it: the answer was not made for this request (RFC 9111 §5.1). So does a 0: the same lookup may have
      // been answered in the same second, before the charge landed.
      return true;
    case 'warning':
      // 110 to 119: stale, not revalidated, or cut off from the gateway.
      return /\b11\d\b/.test(text);
    case 'x-varnish':
      // Two numbers mean a hit: the number of this request, and of the one that the answer was made for.
      return !/^\s*\d+\s*$/.test(text);
    case 'server-timing':
      // It may also have times of caches inside the gateway, which do not matter.
      return text.split(',').some((metric) => /^\s*cdn-cache\b/i.test(metric) && !saysMiss(metric));
    default:
      return name.includes('cache') && !SAYS_NOTHING.test(name) && !saysMiss(text);
  }
}

/** Headers that tell caches what to do with the answer. They do not say where it comes from. */
const SAYS_NOTHING = /cache-control$|cache-(key|tags?)\b|cacheable$/;

/** As in `TCP_MISS`, `Miss from cloudfront`, `DYNAMIC`, `X-Cache-Hits: 0`, `X-From-Cache: false`, `Cache-Status: x; fwd=uri-miss; stored`. */
const MISS =
  /(^|[^a-z0-9])(miss|bypass|pass|dynamic|expired|no-?cache|uncache(d|able)|skip(ped)?|disabled|off|none|no|false|0|stored?|invalidate|fwd=(bypass|method|miss|uri-miss|vary-miss|request))($|[^a-z0-9])/i;

/** `fwd-status=304`, `REVALIDATED`, `RefreshHit`: checked at the gateway, then answered from the cache. `collapsed`: made for another request. */
const SERVED = /hit|stale|fresh\b|updating|revalidated|refresh(?!_?miss)|collapsed|fwd-status=304/i;

function saysMiss(text: string): boolean {
  return !SERVED.test(text) && text.split(',').every((entry) => MISS.test(entry));
}
