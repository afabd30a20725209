/**
 * `POST /v1/gateways/<name>/webhooks`: events of a gateway. The body is passed on byte for byte, whatever its media type, because its signature covers
 * the bytes. Each request has a line in the log only at the level `debug`: anybody who reaches the port can send them.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DEFAULT_ACCOUNT } from '../domain/fields.ts';
import { PROBLEM_JSON, sendError, sendProblem } from './answer.ts';
import { openRoute, type RouteContext } from './route-context.ts';

/** Far more than any gateway sends; the specification advises 20 kB. */
const BODY_LIMIT_BYTES = 256 * 1024;

const ROUTE = '/v1/gateways/:name/webhooks';

const NO_BYTES = new Uint8Array(0);

export function registerWebhooks(scope: FastifyInstance, context: RouteContext): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES },
    (_request, body, done) => done(null, body),
  );
  scope.setErrorHandler((error, _request, reply) => sendError(reply, error, context.logger, PROBLEM_JSON));
  const onRequest = openRoute(context, { route: ROUTE, level: 'debug' }, PROBLEM_JSON);
  scope.post(ROUTE, { onRequest, bodyLimit: BODY_LIMIT_BYTES }, async (request, reply) => {
    const { body } = request;
    const answer = await context.payonce.gatewayWebhook({
      gateway: (request.params as { readonly name: string }).name,
      // An event of another account names it.
      accountId: DEFAULT_ACCOUNT,
      body: Buffer.isBuffer(body) ? body : NO_BYTES,
      headers: headersOf(request),
    });
    if (answer.kind === 'problem') sendProblem(reply, answer, PROBLEM_JSON);
    else void reply.code(204).header('cache-control', 'no-store').send();
    return reply;
  });
}

function headersOf({ headers }: FastifyRequest): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return Object.fromEntries(entries);
}
