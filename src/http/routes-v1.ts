/** The documented API. */
import { chargeHandler } from './charge-v1.ts';
import { EXCLUSIVE_READINGS } from './exclusive-reads-v1.ts';
import { exclusiveHandler } from './exclusive-v1.ts';
import { eventsOfHandler, oneHandler, pageHandler } from './follow-up-reads-v1.ts';
import type { Operation } from './openapi/operation.ts';
import * as followUps from './openapi/operations/follow-ups.ts';
import * as payments from './openapi/operations/payments.ts';
import { review } from './openapi/operations/review.ts';
import { lookNowHandler, resolveHandler } from './operator-v1.ts';
import { eventsHandler, paymentHandler, paymentsHandler } from './read-v1.ts';
import { REFUND_READING } from './refund-reads-v1.ts';
import { refundHandler } from './refund-v1.ts';
import type { Route } from './routes.ts';

const PAYMENTS = '/v1/payments';
const PAYMENT = `${PAYMENTS}/:id`;
const REFUNDS = `${PAYMENT}/refunds`;
const REFUND = `${REFUNDS}/:refund_id`;

const reading = (path: string, describe: Operation, handler: Route['handler']): Route => ({
  method: 'GET',
  path,
  scope: 'payments:read',
  describe,
  handler,
});

/** `capture` and `void`: a payment has one address for each. */
function exclusiveRoutes(kind: 'capture' | 'void'): readonly Route[] {
  const path = `${PAYMENT}/${kind}`;
  const readings = EXCLUSIVE_READINGS[kind];
  const { ask, read, events } = followUps.exclusive(kind);
  return [
    {
      method: 'POST',
      path,
      scope: 'payments:write',
      keyed: true,
      describe: ask,
      handler: (context) => exclusiveHandler(context, kind),
    },
    reading(path, read, (context) => oneHandler(context, readings)),
    reading(`${path}/events`, events, (context) => eventsOfHandler(context, readings)),
  ];
}

const ADDRESSES = {
  payment: PAYMENT,
  refund: REFUND,
  capture: `${PAYMENT}/capture`,
  void: `${PAYMENT}/void`,
} as const;

/** What an operator may do about something. */
function operatorRoutes(what: keyof typeof ADDRESSES): readonly Route[] {
  const path = ADDRESSES[what];
  const shared = { method: 'POST', scope: 'review' } as const;
  const { look, resolve } = review(what);
  return [
    {
      ...shared,
      path: `${path}/look-now`,
      describe: look,
      handler: (context) => lookNowHandler(context, what),
    },
    {
      ...shared,
      path: `${path}/resolve`,
      describe: resolve,
      handler: (context) => resolveHandler(context, what),
    },
  ];
}

export const V1_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: PAYMENTS,
    scope: 'payments:write',
    keyed: true,
    describe: payments.CHARGE,
    handler: chargeHandler,
  },
  reading(PAYMENTS, payments.PAYMENTS, paymentsHandler),
  reading(PAYMENT, payments.PAYMENT, paymentHandler),
  reading(`${PAYMENT}/events`, payments.PAYMENT_EVENTS, eventsHandler),
  {
    method: 'POST',
    path: REFUNDS,
    scope: 'refunds:write',
    keyed: true,
    describe: followUps.REFUND,
    handler: refundHandler,
  },
  reading(REFUNDS, followUps.REFUNDS, (context) => pageHandler(context, REFUND_READING)),
  reading(REFUND, followUps.REFUND_NOW, (context) => oneHandler(context, REFUND_READING)),
  reading(`${REFUND}/events`, followUps.REFUND_EVENTS, (context) => eventsOfHandler(context, REFUND_READING)),
  ...exclusiveRoutes('capture'),
  ...exclusiveRoutes('void'),
  ...(['payment', 'refund', 'capture', 'void'] as const).flatMap(operatorRoutes),
];
