/**
 * Who may change what goes wrong, and read what was really charged: a person or a program on this machine, and nobody through
 * them. The connection alone does not tell. A page in this machine's browser can send requests to it, under a name of its
 * own that leads here (DNS rebinding), and a proxy on it passes on those of others.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface Caller {
  readonly remoteAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Why the caller is refused, in words; null where he is local. `ownHosts`: names of this server besides those of loopback. */
export function refusalOf({ remoteAddress, headers }: Caller, ownHosts: readonly string[]): string | null {
  if (!isLoopback(remoteAddress)) return 'Nothing was done. Ask from the machine that the gateway runs on.';
  const host = nameIn(headers.host);
  if (!isOwnName(host, ownHosts)) {
    return 'Nothing was done: the Host header names another machine. Ask at http://localhost or http://127.0.0.1.';
  }
  if (FORWARDED.some((name) => headers[name] !== undefined)) {
    return 'Nothing was done: a proxy has forwarded the request. Ask without one, from the machine that the gateway runs on.';
  }
  if (isOfAnotherPage(headers)) {
    return 'Nothing was done: a web page of another origin sent the request. Ask from a page of this address, or with curl.';
  }
  return null;
}

/** By the connection and nothing else. */
export function isLoopback(remoteAddress: string | undefined): boolean {
  if (remoteAddress === undefined) return false;
  const address = remoteAddress.replace(/^::ffff:/i, '');
  return address === '::1' || LOOPBACK_V4.test(address);
}

const LOOPBACK_V4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** What proxies add. One that adds none of them cannot be told from the caller himself. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

/** The name in a `Host`, without the port, in lower case. */
function nameIn(host: string | undefined): string {
  return (host ?? '').toLowerCase().replace(/:\d*$/, '');
}

function isOwnName(name: string, ownHosts: readonly string[]): boolean {
  if (name === 'localhost' || name === '[::1]' || LOOPBACK_V4.test(name)) return true;
  return ownHosts.some(
    (own) => !isWildcard(own) && name === (own.includes(':') ? `[${own}]` : own).toLowerCase(),
  );
}

/** "Every address" is no name. */
function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** As browsers say it; other programs send neither header. */
function isOfAnotherPage({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin !== `http://${host}`) return true;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
