/** For load balancers and orchestrators. Neither touches a payment, and neither is turned away while draining. */
import type { FastifyInstance } from 'fastify';
import { beginLine, type RouteLabel } from './access-log.ts';
import { PROBLEM_JSON, sendJson } from './answer.ts';
import { prepareScope, type RouteContext } from './route-context.ts';

export function registerHealth(scope: FastifyInstance, context: RouteContext): void {
  prepareScope(scope, context, PROBLEM_JSON);
  const options = (route: string) => {
    const label: RouteLabel = { route, level: 'debug' };
    return {
      onRequest: (_request: unknown, reply: Parameters<typeof beginLine>[0], done: () => void) => {
        beginLine(reply, context.logger, label);
        done();
      },
    };
  };

  /** 200 while the process lives and its event loop turns. */
  scope.get('/healthz', options('/healthz'), (_request, reply) => sendJson(reply, 200, '{"status":"ok"}'));

  /** 200 once it can take payments; 503 before, while the database is away, and from the beginning of the drain. */
  scope.get('/readyz', options('/readyz'), async (_request, reply) => {
    const ready = !context.isDraining() && (await context.ready().catch(() => false));
    if (!ready) void reply.header('retry-after', 1);
    sendJson(reply, ready ? 200 : 503, ready ? '{"status":"ready"}' : '{"status":"not_ready"}');
    return reply;
  });
}
