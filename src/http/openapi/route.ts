/** `GET /openapi.json`. It needs no key: it holds nothing that is not in the package. */
import type { FastifyInstance } from 'fastify';
import { PROBLEM_JSON, sendJson } from '../answer.ts';
import { openRoute, type RouteContext } from '../route-context.ts';
import type { Route } from '../routes.ts';
import { openApiDocument } from './document.ts';

const PATH = '/openapi.json';

export function registerOpenApi(
  scope: FastifyInstance,
  context: RouteContext,
  { routes, version }: { readonly routes: readonly Route[]; readonly version: string },
): void {
  let text: string | null = null;
  scope.get(
    PATH,
    { onRequest: openRoute(context, { route: PATH, level: 'debug' }, PROBLEM_JSON) },
    (_request, reply) => {
      text ??= JSON.stringify(openApiDocument(routes, version));
      sendJson(reply, 200, text);
    },
  );
}
