/** The two addresses of the demo. */
import type { Operation } from '../operation.ts';

export const DEMO_START: Operation = {
  id: 'startDemoPayment',
  summary: 'Charge an order in US dollars.',
  tag: 'Demo',
  demo: true,
  body: { schema: 'DemoOrder', example: { order_id: 'ORD123', amount: 100.5 } },
  answers: { 200: 'DemoStarted', 202: 'DemoStarted' },
  located: [202],
  retried: [202],
  problems: [
    'gateway_failed',
    'effect_not_offered',
    'order_conflict',
    'order_not_chargeable',
    'other_gateway',
    'result_expired',
  ],
};

export const DEMO_PAYMENT: Operation = {
  id: 'getDemoPayment',
  summary: 'Read a payment.',
  tag: 'Demo',
  demo: true,
  answers: { 200: 'DemoPayment' },
  problems: ['payment_not_found'],
};
