/** One example of each answer. They tell one story: an order of 100.00 US dollars, of which 40.00 are given back. */
import type { AnswerName } from './answers.ts';

const PAYMENT_ID = '0190a6c2-7f3e-7c1a-9d52-6b1f4e2a8c01';
const AT = '2026-01-31T12:00:00.000Z';
const LATER = '2026-01-31T12:00:00.412Z';

const CHARGED = {
  payment_id: PAYMENT_ID,
  order_id: 'ORD123',
  amount: 10_000,
  currency: 'USD',
  status: 'COMPLETED',
  attempts: 2,
  gateway: 'http',
  livemode: true,
  failure_code: null,
  gateway_ref: 'ch_8Yw3',
  safe_to_retry_with_new_key: false,
  metadata: { cart: '42' },
  created_at: AT,
  updated_at: LATER,
};
const OPEN = { retry_after_ms: 1000, next_attempt_at: '2026-01-31T12:00:01.000Z' };
const CHARGED_NOW = {
  ...CHARGED,
  amount_captured: 10_000,
  amount_refunded: 4000,
  amount_refunding: 0,
  amount_refunded_elsewhere: 0,
  actions: ['refund'],
};
const GIVEN_BACK = {
  refund_id: 'return-17',
  payment_id: PAYMENT_ID,
  amount: 4000,
  currency: 'USD',
  status: 'SUCCEEDED',
  reason: 'The shoes were too small.',
  failure_code: null,
  gateway_ref: 're_2Kq9',
  safe_to_retry_with_new_key: false,
  metadata: {},
  created_at: AT,
  updated_at: LATER,
};
const CAPTURED = {
  operation: 'capture',
  payment_id: PAYMENT_ID,
  order_id: 'ORD123',
  amount: 10_000,
  currency: 'USD',
  status: 'SUCCEEDED',
  failure_code: null,
  gateway_ref: 'cp_5Tn1',
  safe_to_retry_with_new_key: false,
  metadata: {},
  created_at: AT,
  updated_at: LATER,
};
const EVENT = {
  seq: 2,
  type: 'refund.succeeded',
  status: 'SUCCEEDED',
  attempts: 1,
  detail: 're_2Kq9',
  at: LATER,
};
const PAYMENT_EVENT = {
  seq: 4,
  type: 'payment.completed',
  status: 'COMPLETED',
  charge: 1,
  attempts: 2,
  detail: 'ch_8Yw3',
  at: LATER,
};
const ENDPOINT = {
  id: '0190a6c2-91aa-7b3c-8e11-0c5d7f9a2b44',
  url: 'https://shop.example/payonce',
  description: 'The warehouse',
  event_types: ['payment.succeeded', 'refund.succeeded'],
  status: 'ENABLED',
  disabled_reason: null,
  failures_in_row: 0,
  paused_until: null,
  previous_secret_until: null,
  created_at: AT,
  updated_at: AT,
};
const DELIVERY = {
  event_id: 'evt_0190a6c27f3e7c1a9d526b1f4e2a8c01_4',
  type: 'payment.succeeded',
  payment_id: PAYMENT_ID,
  status: 'DELIVERED',
  attempts: 1,
  happened_at: LATER,
  next_attempt_at: null,
  ended_at: '2026-01-31T12:00:01.377Z',
};
const TRY = { n: 1, at: '2026-01-31T12:00:01.290Z', took_ms: 87, status: 204, answer: '', error: null };
const pageOf = (one: object): object => ({ data: [one], next_cursor: null });

export const EXAMPLES = {
  Payment: CHARGED,
  PaymentNow: CHARGED_NOW,
  PaymentPage: pageOf(CHARGED_NOW),
  PaymentEvent: PAYMENT_EVENT,
  PaymentEventPage: pageOf(PAYMENT_EVENT),
  Refund: GIVEN_BACK,
  RefundNow: { ...GIVEN_BACK, actions: [] },
  RefundPage: pageOf({ ...GIVEN_BACK, actions: [] }),
  Operation: CAPTURED,
  OperationNow: { ...CAPTURED, actions: [] },
  Event: EVENT,
  EventPage: pageOf(EVENT),
  WebhookEndpoint: ENDPOINT,
  WebhookEndpointWithSecret: { ...ENDPOINT, secret: 'whsec_…' },
  WebhookEndpointPage: pageOf(ENDPOINT),
  Delivery: DELIVERY,
  DeliveryPage: pageOf(DELIVERY),
  DeliveryWithTries: { ...DELIVERY, tries: [TRY] },
  Try: TRY,
  Resent: { resent: 12, more: false },
  DemoStarted: { payment_id: PAYMENT_ID },
  DemoPayment: {
    payment_id: PAYMENT_ID,
    order_id: 'ORD123',
    amount: 100,
    status: 'COMPLETED',
    attempts: 2,
    created_at: AT,
    updated_at: LATER,
  },
  Alive: { status: 'ok' },
  Ready: { status: 'ready' },
  NotReady: {
    status: 'not_ready',
    reason: 'database_unavailable',
    detail: 'The database cannot be used at the moment.',
  },
} as const satisfies Record<AnswerName, object>;

/** The same while it is not decided, with 202. */
export const UNDER_WAY: Partial<Record<AnswerName, object>> = {
  Payment: { ...CHARGED, status: 'PROCESSING', attempts: 1, gateway_ref: null, ...OPEN },
  PaymentNow: {
    ...CHARGED_NOW,
    status: 'REVIEW',
    failure_code: 'outcome_unknown',
    gateway_ref: null,
    amount_captured: 0,
    amount_refunded: 0,
    actions: ['look_now', 'resolve'],
    ...OPEN,
  },
  Refund: { ...GIVEN_BACK, status: 'PENDING', gateway_ref: null, ...OPEN },
  RefundNow: {
    ...GIVEN_BACK,
    status: 'REVIEW',
    failure_code: 'outcome_unknown',
    gateway_ref: null,
    actions: ['look_now', 'resolve'],
    ...OPEN,
  },
  Operation: { ...CAPTURED, status: 'PENDING', gateway_ref: null, ...OPEN },
  OperationNow: {
    ...CAPTURED,
    status: 'REVIEW',
    failure_code: 'outcome_unknown',
    gateway_ref: null,
    actions: ['look_now', 'resolve'],
    ...OPEN,
  },
  Delivery: { ...DELIVERY, status: 'PENDING', attempts: 0, next_attempt_at: LATER, ended_at: null },
};

/** Of a void. */
export function ofVoid(example: object): object {
  return { ...example, operation: 'void', gateway_ref: null };
}

/** Of a test. */
export const TEST_DELIVERY = {
  ...DELIVERY,
  event_id: 'evt_test_7f3e7c1a9d526b1f4e2a8c010190a6c2',
  type: 'webhook.test',
  payment_id: null,
  status: 'PENDING',
  attempts: 0,
  next_attempt_at: LATER,
  ended_at: null,
};

/** Of a rotation. */
export const ROTATED = {
  ...ENDPOINT,
  previous_secret_until: '2026-01-31T13:00:00.412Z',
  updated_at: LATER,
  secret: 'whsec_…',
};
