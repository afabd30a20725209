/**
 * What Node's server would answer itself, with an empty body: a request without `Host`, and one with an `Expect` that nobody
 * knows. Both are let through to here, so that they get a problem document like every other error, and a line in the log.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Problem } from './problem.ts';

/** Must be given to Node's server: then it leaves a missing `Host` to us. */
export const NODE_OPTIONS = { requireHostHeader: false } as const;

/** A request with another `Expect` than `100-continue` is a request like any other; `transportProblem` refuses it. */
export function takeAllExpectations(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
}

const NO_HOST: Problem = {
  code: 'invalid_request',
  detail:
    'The request has no Host header, which HTTP/1.1 demands. Nothing was stored or sent. Send it with one.',
};

const UNKNOWN_EXPECTATION: Problem = {
  code: 'expectation_failed',
  detail:
    'Expect can be 100-continue and nothing else. Nothing was stored or sent. Send the request without it.',
};

/** What is wrong with the request as HTTP, whatever its address; null for nothing. */
export function transportProblem({ headers, raw }: FastifyRequest): Problem | null {
  // RFC 9112 §3.2; HTTP/1.0 has no such header.
  if (headers.host === undefined && raw.httpVersion === '1.1') return NO_HOST;
  return headers.expect !== undefined && !/^\s*100-continue\s*$/i.test(headers.expect)
    ? UNKNOWN_EXPECTATION
    : null;
}
