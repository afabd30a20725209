/**
 * Protects a server that needs no keys from web pages. Such a server listens on loopback only, but a page of any site in a browser of this machine
 * reaches it, too, even under a host name of the site's own (DNS rebinding). A key needs no such protection: a page of another site does not have it.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Problem } from './problem.ts';

export interface Asked {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

const OTHER_HOST: Problem = {
  code: 'origin_refused',
  detail:
    'The Host header names another machine. Nothing was stored or sent. Without API keys, this server answers only at localhost, 127.0.0.1, [::1] and the name in HOST. Ask there, or make a key: payonce keys create --help.',
};

const OTHER_ORIGIN: Problem = {
  code: 'origin_refused',
  detail:
    'A web page of another origin sent this request. Nothing was stored or sent. Without API keys, this server changes nothing for such pages. Send the request from a server, or make a key: payonce keys create --help.',
};

/** Why the request is refused; null: it is not. `ownHost`: where the server listens. */
export function pageProblem({ method, headers }: Asked, ownHost: string): Problem | null {
  const { host, origin } = headers;
  // Every browser sends a Host; a request of HTTP/1.0 may have none.
  if (host !== undefined && !isOwn(host, ownHost)) return OTHER_HOST;
  if (origin === undefined || method === 'GET' || method === 'HEAD') return null;
  return isSameOrigin(origin, host) ? null : OTHER_ORIGIN;
}

const LOOPBACK_V4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

function isOwn(host: string, ownHost: string): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, '');
  if (name === 'localhost' || name === '[::1]' || LOOPBACK_V4.test(name)) return true;
  return name === (ownHost.includes(':') ? `[${ownHost}]` : ownHost).toLowerCase();
}

/** A proxy on this machine may add TLS, so both schemes count. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
}
