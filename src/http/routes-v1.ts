/** The documented API. */
import type { FastifyInstance } from 'fastify';
import { PROBLEM_JSON } from './answer.ts';
import { chargeHandler, markNotReplayed } from './charge-v1.ts';
import { eventsHandler, paymentHandler, paymentsHandler } from './read-v1.ts';
import { openRoute, prepareScope, type RouteContext } from './route-context.ts';

export function registerV1(scope: FastifyInstance, context: RouteContext): void {
  prepareScope(scope, context, PROBLEM_JSON);
  const open = (route: string) => openRoute(context, { route, level: 'info' }, PROBLEM_JSON);

  const payments = '/v1/payments';
  scope.post(payments, { onRequest: [markNotReplayed, open(payments)] }, chargeHandler(context));
  scope.get(payments, { onRequest: open(payments) }, paymentsHandler(context));

  const payment = '/v1/payments/:id';
  scope.get(payment, { onRequest: open(payment) }, paymentHandler(context));

  const events = '/v1/payments/:id/events';
  scope.get(events, { onRequest: open(events) }, eventsHandler(context));
}
