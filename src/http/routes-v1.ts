/** The documented API. */
import { chargeHandler } from './charge-v1.ts';
import { EXCLUSIVE_READINGS } from './exclusive-reads-v1.ts';
import { exclusiveHandler } from './exclusive-v1.ts';
import { eventsOfHandler, oneHandler, pageHandler } from './follow-up-reads-v1.ts';
import { lookNowHandler, resolveHandler } from './operator-v1.ts';
import { eventsHandler, paymentHandler, paymentsHandler } from './read-v1.ts';
import { REFUND_READING } from './refund-reads-v1.ts';
import { refundHandler } from './refund-v1.ts';
import type { Route } from './routes.ts';

const PAYMENTS = '/v1/payments';
const PAYMENT = `${PAYMENTS}/:id`;
const REFUNDS = `${PAYMENT}/refunds`;
const REFUND = `${REFUNDS}/:refund_id`;

const reading = (path: string, handler: Route['handler']): Route => ({
  method: 'GET',
  path,
  scope: 'payments:read',
  handler,
});

/** `capture` and `void`: a payment has one address for each. */
function exclusiveRoutes(kind: 'capture' | 'void'): readonly Route[] {
  const path = `${PAYMENT}/${kind}`;
  const readings = EXCLUSIVE_READINGS[kind];
  return [
    {
      method: 'POST',
      path,
      scope: 'payments:write',
      keyed: true,
      handler: (context) => exclusiveHandler(context, kind),
    },
    reading(path, (context) => oneHandler(context, readings)),
    reading(`${path}/events`, (context) => eventsOfHandler(context, readings)),
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
  const review = { method: 'POST', scope: 'review' } as const;
  return [
    { ...review, path: `${path}/look-now`, handler: (context) => lookNowHandler(context, what) },
    { ...review, path: `${path}/resolve`, handler: (context) => resolveHandler(context, what) },
  ];
}

export const V1_ROUTES: readonly Route[] = [
  { method: 'POST', path: PAYMENTS, scope: 'payments:write', keyed: true, handler: chargeHandler },
  reading(PAYMENTS, paymentsHandler),
  reading(PAYMENT, paymentHandler),
  reading(`${PAYMENT}/events`, eventsHandler),
  { method: 'POST', path: REFUNDS, scope: 'refunds:write', keyed: true, handler: refundHandler },
  reading(REFUNDS, (context) => pageHandler(context, REFUND_READING)),
  reading(REFUND, (context) => oneHandler(context, REFUND_READING)),
  reading(`${REFUND}/events`, (context) => eventsOfHandler(context, REFUND_READING)),
  ...exclusiveRoutes('capture'),
  ...exclusiveRoutes('void'),
  ...(['payment', 'refund', 'capture', 'void'] as const).flatMap(operatorRoutes),
];
