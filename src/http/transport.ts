/**
 * Refuses a request without `Host`, and one with an unknown `Expect`. Node's server would answer them itself, with an empty body. Here
 * they get a problem document and a line in the log, like every other error. Refuses several headers `Host` or `Authorization` too, which Node's
 * server would take although HTTP forbids them.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Problem } from './problem.ts';

/** With these options, Node's server leaves a missing `Host` to us. */
export const NODE_OPTIONS = { requireHostHeader: false } as const;

/** Routes a request with another `Expect` than `100-continue` like any other; `transportProblem` refuses it. */
export function takeAllExpectations(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
}

const NO_HOST: Problem = {
  code: 'invalid_request',
  detail:
    'The request has no Host header, which HTTP/1.1 demands. Nothing was stored or sent. Send the request with one.',
};

const UNKNOWN_EXPECTATION: Problem = {
  code: 'expectation_failed',
  detail:
    'The only Expect that this server knows is 100-continue. Nothing was stored or sent. Send the request without Expect.',
};

const SEVERAL_HOSTS: Problem = {
  code: 'invalid_request',
  detail:
    'The request has more than one Host header, which HTTP forbids. Nothing was stored or sent. Send it with one.',
};

const SEVERAL_AUTHORIZATIONS: Problem = {
  code: 'invalid_request',
  detail:
    'The request has more than one Authorization header, which HTTP forbids. Nothing was stored or sent. Send it with one.',
};

/** What is wrong with the HTTP of the request, whatever its address; null for nothing. */
export function transportProblem({ headers, raw }: FastifyRequest): Problem | null {
  if (headers.host !== undefined && hasSeveral(HOST, raw.rawHeaders)) return SEVERAL_HOSTS;
  if (headers.authorization !== undefined && hasSeveral(AUTHORIZATION, raw.rawHeaders))
    return SEVERAL_AUTHORIZATIONS;
  // RFC 9112 §3.2; HTTP/1.0 has no such header.
  if (headers.host === undefined && raw.httpVersion === '1.1') return NO_HOST;
  return headers.expect !== undefined && !/^\s*100-continue\s*$/i.test(headers.expect)
    ? UNKNOWN_EXPECTATION
    : null;
}

const HOST = 'host';
const AUTHORIZATION = 'authorization';

/**
 * Node shows the first one only. A proxy in front may have let the request pass because of another, and of two keys nobody could say whose payments
 * it is about.
 */
function hasSeveral(wanted: string, namesAndValues: readonly string[]): boolean {
  let found = 0;
  for (let index = 0; index < namesAndValues.length; index += 2) {
    const name = namesAndValues[index];
    if (name?.length === wanted.length && name.toLowerCase() === wanted) found += 1;
  }
  return found > 1;
}
