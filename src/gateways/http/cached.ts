/** Whether an answer may be an old one, kept by something between us and the gateway: what its head says of caches. */
import type { Answer } from './exchange.ts';

/**
 * `true` if the head of the answer shows any sign of a cache that may have served it. What a cache says must be one of the known words for
 * "I passed it on"; whatever else it says counts as a hit.
 *
 * Money that such an answer shows has moved all the same, if it names our key, our reference and our terms: a charge does
 * not become untrue with age. What is absent, pending or declined in it may have changed since, so it proves nothing.
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
      // Only a cache writes it: it says that the answer was not made for this request (RFC 9111 §5.1). A 0 says so as well: the
      // same lookup may have been answered in the same second, before the charge landed.
      return true;
    case 'warning':
      // 110 and its neighbours: stale, not revalidated, cut off from the gateway.
      return /\b11\d\b/.test(text);
    case 'x-varnish':
      // Two numbers: this request's, and that of the one whose answer it is.
      return !/^\s*\d+\s*$/.test(text);
    case 'server-timing':
      // It also has the times of the gateway's own caches, which are its own affair.
      return text.split(',').some((metric) => /^\s*cdn-cache\b/i.test(metric) && !saysMiss(metric));
    default:
      return name.includes('cache') && !SAYS_NOTHING.test(name) && !saysMiss(text);
  }
}

/** What others may do with the answer, and under which name they may keep it; not where it comes from. */
const SAYS_NOTHING = /cache-control$|cache-(key|tags?)\b|cacheable$/;

/** As in `TCP_MISS`, `Miss from cloudfront`, `DYNAMIC`, `X-Cache-Hits: 0`, `X-From-Cache: false`, `Cache-Status: x; fwd=uri-miss; stored`. */
const MISS =
  /(^|[^a-z0-9])(miss|bypass|pass|dynamic|expired|no-?cache|uncache(d|able)|skip(ped)?|disabled|off|none|no|false|0|stored?|invalidate|fwd=(bypass|method|miss|uri-miss|vary-miss|request))($|[^a-z0-9])/i;

/** `fwd-status=304`, `REVALIDATED`, `RefreshHit`: asked after, and then answered from the store. `collapsed`: made for another request. */
const SERVED = /hit|stale|fresh\b|updating|revalidated|refresh(?!_?miss)|collapsed|fwd-status=304/i;

function saysMiss(text: string): boolean {
  return !SERVED.test(text) && text.split(',').every((entry) => MISS.test(entry));
}
