import { expect, test } from 'vitest';
import { isFromCache } from './cached.ts';

const answer = (headers: Record<string, string | string[]>) =>
  isFromCache({ kind: 'answer', status: 200, headers, body: Buffer.alloc(0), standsAlone: true });

test.each([
  ['age', '0'],
  ['age', ''],
  ['age', ['0', '9']],
  ['x-cache', 'HIT from proxy.example.com:3128'],
  ['x-cache', 'Hit from cloudfront'],
  ['x-cache', 'RefreshHit from cloudfront'],
  ['x-cache', 'TCP_MEM_HIT'],
  ['x-cache', ['MISS', 'HIT']],
  ['x-cache', 'MISS, HIT'],
  ['x-cache-hits', '0, 2'],
  ['x-cache-hit', 'true'],
  ['x-cache-status', 'STALE'],
  ['x-proxy-cache', 'UPDATING'],
  ['cf-cache-status', 'HIT'],
  ['cf-cache-status', 'REVALIDATED'],
  ['cache-status', 'OriginCache; hit; ttl=1100'],
  ['cache-status', ['OriginCache; fwd=miss', 'CDN; hit']],
  ['cache-status', 'CDN; fwd=miss; collapsed'],
  ['warning', '110 proxy "Response is Stale"'],
  ['warning', '111 - "Revalidation Failed"'],
  ['warning', ['299 - "Deprecated"', '112 - "Disconnected Operation"']],
])('%s: %s comes from a cache', (name, value) => {
  expect(answer({ [name]: value })).toBe(true);
});

test.each([
  ['x-cache', 'MISS'],
  ['x-cache', 'Miss from cloudfront'],
  ['x-cache', 'TCP_MISS'],
  ['x-cache-hits', '0'],
  ['x-cache-hit', 'false'],
  ['cf-cache-status', 'DYNAMIC'],
  ['cf-cache-status', 'BYPASS'],
  ['cache-status', 'CDN; fwd=uri-miss; stored'],
  ['cache-control', 'max-age=0, stale-while-revalidate=30'],
  ['cdn-cache-control', 'stale-if-error=60'],
  ['warning', '299 - "Deprecated"'],
  ['etag', '"hit"'],
  ['content-type', 'application/json'],
])('%s: %s does not', (name, value) => {
  expect(answer({ [name]: value })).toBe(false);
});
