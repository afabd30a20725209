/**
 * Who may change the faults and read the ledger, and at a gateway for its own machine who may ask at all: only a person or a program on this machine. The connection alone does not show that. A
 * web page in this machine's browser can send requests here, even under its own host name (DNS rebinding). A proxy on this machine
 * passes on the requests of others.
 */
import type { IncomingHttpHeaders } from 'node:http';

export interface Caller {
  readonly remoteAddress: string | undefined;
  /** The address that the caller has connected to. A caller that has the same one is this machine. */
  readonly localAddress?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Why the caller is refused, as a message; null if it is local. `ownHosts`: names of this server besides those of loopback. */
export function refusalOf(
  { remoteAddress, localAddress, headers }: Caller,
  ownHosts: readonly string[],
): string | null {
  const isHere = isLoopback(remoteAddress) || (remoteAddress !== undefined && remoteAddress === localAddress);
  if (!isHere) return 'Nothing was done. Ask from the machine that the gateway runs on.';
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

/** By the connection only. */
export function isLoopback(remoteAddress: string | undefined): boolean {
  if (remoteAddress === undefined) return false;
  const address = remoteAddress.replace(/^::ffff:/i, '');
  return address === '::1' || LOOPBACK_V4.test(address);
}

const LOOPBACK_V4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** Headers that proxies add. A proxy that adds none of them cannot be recognised. */
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

/** "Every address" is no host name. */
function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** By the headers of browsers. Other programs send neither. */
function isOfAnotherPage({ host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (origin !== undefined && origin !== `http://${host}`) return true;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
