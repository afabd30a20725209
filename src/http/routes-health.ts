/** For load balancers and orchestrators. Neither touches a payment, and neither is turned away while draining. */
import type { FastifyInstance } from 'fastify';
import type { NotReady } from '../engine/api.ts';
import { beginLine, type RouteLabel } from './access-log.ts';
import { PROBLEM_JSON, sendJson } from './answer.ts';
import { prepareScope, type RouteContext } from './route-context.ts';

const DETAILS: Readonly<Record<NotReady, string>> = {
  starting: 'The server is still starting.',
  stopping: 'The server is shutting down.',
  stopped:
    'The server has stopped for good, because of what it found in the database. Its log says what to do.',
  database_unavailable: 'The database cannot be used at the moment.',
  database_refuses:
    'The database refuses what Payonce must do there, and will until somebody changes something. The log says what (alarm database_refuses).',
};

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
    const reason = context.isDraining()
      ? 'stopping'
      : await context.notReady().catch((): NotReady => 'database_unavailable');
    if (reason === null) sendJson(reply, 200, '{"status":"ready"}');
    else {
      void reply.header('retry-after', 1);
      sendJson(reply, 503, JSON.stringify({ status: 'not_ready', reason, detail: DETAILS[reason] }));
    }
    return reply;
  });
}
