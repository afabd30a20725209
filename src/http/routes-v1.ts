/** The documented API. */
import type { FastifyInstance } from 'fastify';
import { PROBLEM_JSON } from './answer.ts';
import { chargeHandler } from './charge-v1.ts';
import { EXCLUSIVE_READINGS } from './exclusive-reads-v1.ts';
import { exclusiveHandler } from './exclusive-v1.ts';
import { eventsOfHandler, oneHandler, pageHandler } from './follow-up-reads-v1.ts';
import { lookNowHandler, resolveHandler } from './operator-v1.ts';
import { eventsHandler, paymentHandler, paymentsHandler } from './read-v1.ts';
import { REFUND_READING } from './refund-reads-v1.ts';
import { refundHandler } from './refund-v1.ts';
import { openRoute, prepareScope, type RouteContext } from './route-context.ts';
import { markNotReplayed } from './write-options.ts';

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

  const refunds = '/v1/payments/:id/refunds';
  scope.post(refunds, { onRequest: [markNotReplayed, open(refunds)] }, refundHandler(context));
  scope.get(refunds, { onRequest: open(refunds) }, pageHandler(context, REFUND_READING));

  const refund = '/v1/payments/:id/refunds/:refund_id';
  scope.get(refund, { onRequest: open(refund) }, oneHandler(context, REFUND_READING));

  const refundEvents = '/v1/payments/:id/refunds/:refund_id/events';
  scope.get(refundEvents, { onRequest: open(refundEvents) }, eventsOfHandler(context, REFUND_READING));

  for (const kind of ['capture', 'void'] as const) {
    const address = `${payment}/${kind}`;
    scope.post(address, { onRequest: [markNotReplayed, open(address)] }, exclusiveHandler(context, kind));
    scope.get(address, { onRequest: open(address) }, oneHandler(context, EXCLUSIVE_READINGS[kind]));
    const trail = `${address}/events`;
    scope.get(trail, { onRequest: open(trail) }, eventsOfHandler(context, EXCLUSIVE_READINGS[kind]));
  }

  for (const [what, address] of [
    ['payment', payment],
    ['refund', refund],
    ['capture', `${payment}/capture`],
    ['void', `${payment}/void`],
  ] as const) {
    const lookNow = `${address}/look-now`;
    scope.post(lookNow, { onRequest: open(lookNow) }, lookNowHandler(context, what));
    const resolve = `${address}/resolve`;
    scope.post(resolve, { onRequest: open(resolve) }, resolveHandler(context, what));
  }
}
