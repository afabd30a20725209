/** The routes of the API as data: what a key must allow, and what answers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../domain/scopes.ts';
import type { ProblemStyle } from './answer.ts';
import { guard } from './guard.ts';
import type { Operation } from './openapi/operation.ts';
import { openRoute, prepareScope, type RouteContext } from './route-context.ts';
import { markKeyed } from './write-options.ts';

export type RouteHandler = (request: FastifyRequest, reply: FastifyReply) => void | Promise<void>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** The address, with `:name` for each part that differs from request to request. */
  readonly path: string;
  /** What an API key must allow. */
  readonly scope: Scope;
  /** Whether it takes an `Idempotency-Key`. Then every answer says whether it is a replay, and names the key. */
  readonly keyed?: true;
  /** What the OpenAPI document says of it. */
  readonly describe: Operation;
  readonly handler: (context: RouteContext) => RouteHandler;
}

/** Registers the routes, with the same rules for bodies and errors for all of them. */
export function registerRoutes(
  scope: FastifyInstance,
  context: RouteContext,
  { routes, style }: { readonly routes: readonly Route[]; readonly style: ProblemStyle },
): void {
  prepareScope(scope, context, style);
  for (const { method, path, scope: needed, keyed, handler } of routes) {
    const open = openRoute(context, { route: path, level: 'info' }, style);
    const admit = guard(context, needed, style);
    scope.route({
      method,
      url: path,
      onRequest: keyed === true ? [markKeyed(context), open, admit] : [open, admit],
      handler: handler(context),
    });
  }
}
