/** For load balancers and orchestrators. These routes touch no payment, and they answer while draining, too. */
import type { FastifyInstance } from 'fastify';
import type { NotReady } from '../engine/api.ts';
import { beginLine, type RouteLabel } from './access-log.ts';
import { PROBLEM_JSON, sendJson } from './answer.ts';
import { prepareScope, type RouteContext } from './route-context.ts';

const DETAILS: Readonly<Record<NotReady, string>> = {
  starting: 'The server is still starting, and takes no payments yet. Wait.',
  stopping: 'The server is shutting down, and takes no new payments. Use another one.',
  stopped:
    'The server takes no payments any more, because of what it found in the database. Its log says what to do; then restart it.',
  database_unavailable:
    'The database cannot be used at the moment, so no payments are taken. Payonce tries it again by itself; its log says what is wrong.',
  database_refuses:
    'The database refuses what Payonce must do there, until somebody changes something. No payments are taken. The log says what to change (alarm database_refuses).',
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

  /** 200 while the process lives and its event loop is not blocked. */
  scope.get('/healthz', options('/healthz'), (_request, reply) => sendJson(reply, 200, '{"status":"ok"}'));

  /** 200 when it can take payments. 503 before that, while the database cannot be used, and from the beginning of the drain. */
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
