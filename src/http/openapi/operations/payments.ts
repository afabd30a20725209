/** Charges, and how payments are read. */
import { PAYMENT_STATUSES } from '../../../domain/payment.ts';
import type { Operation } from '../operation.ts';
import { oneOf, textOf } from '../schema.ts';
import { PAGE } from './queries.ts';

export const CHARGE: Operation = {
  id: 'createPayment',
  summary: 'Charge an order, at most once.',
  tag: 'Payments',
  body: { schema: 'Order', example: { order_id: 'ORD123', amount: 10000, currency: 'USD' } },
  answers: { 200: 'Payment', 201: 'Payment', 202: 'Payment' },
  located: [201, 202],
  retried: [202],
  problems: [
    'card_declined',
    'gateway_failed',
    'effect_not_offered',
    'order_conflict',
    'order_not_chargeable',
    'other_gateway',
    'result_expired',
  ],
};

export const PAYMENTS: Operation = {
  id: 'listPayments',
  summary: 'List payments, newest first.',
  tag: 'Payments',
  query: { order_id: textOf(1, 255), status: oneOf(PAYMENT_STATUSES), ...PAGE },
  answers: { 200: 'PaymentPage' },
};

export const PAYMENT: Operation = {
  id: 'getPayment',
  summary: 'Read a payment.',
  tag: 'Payments',
  answers: { 200: 'PaymentNow' },
  problems: ['payment_not_found'],
};

export const PAYMENT_EVENTS: Operation = {
  id: 'listPaymentEvents',
  summary: 'Read the audit trail of a payment, oldest first.',
  tag: 'Payments',
  query: PAGE,
  answers: { 200: 'PaymentEventPage' },
  problems: ['payment_not_found'],
};
