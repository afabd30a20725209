/** What the server says about its API. It holds no secret, so no key is needed; it touches no payment, so it answers while draining, too. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { beginLine } from './access-log.ts';
import { PROBLEM_JSON, sendProblem } from './answer.ts';
import { apiDocument } from './openapi/api.ts';
import { NOTHING_HERE } from './problem.ts';
import { CONTENT_SECURITY_POLICY } from './reference/html.ts';
import { problemList, problemPage } from './reference/problem-pages.ts';
import { referencePage } from './reference/reference-page.ts';
import { prepareScope, type RouteContext } from './route-context.ts';

const HTML = 'text/html; charset=utf-8';

export function registerReference(scope: FastifyInstance, context: RouteContext): void {
  prepareScope(scope, context, PROBLEM_JSON);
  const get = (route: string, type: string, textOf: (request: FastifyRequest) => string | null) =>
    scope.get(
      route,
      {
        onRequest: (_request, reply, done) => {
          beginLine(reply, context.logger, { route, level: 'debug' });
          done();
        },
      },
      (request, reply) => send(reply, type, textOf(request)),
    );
  const document = once(() => apiDocument(context.answerRetentionMs));
  const json = once(() => JSON.stringify(document()));
  const reference = once(() => referencePage(document()));
  const problems = once(problemList);
  get('/openapi.json', 'application/json; charset=utf-8', json);
  get('/reference', HTML, reference);
  get('/problems', HTML, problems);
  get('/problems/:code', HTML, ({ params }) => problemPage((params as { readonly code: string }).code));
}

/** Made at the first request for it, and kept. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function send(reply: FastifyReply, type: string, text: string | null): FastifyReply {
  if (text === null) sendProblem(reply, { code: 'not_found', detail: NOTHING_HERE }, PROBLEM_JSON);
  else
    void reply
      .header('content-type', type)
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-cache')
      .send(text);
  return reply;
}
