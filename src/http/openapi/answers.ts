/** What the API answers with, apart from problems. */
import type { FollowUpStatus } from '../../domain/follow-up-status.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import {
  answerOf,
  MOMENT,
  oneOf,
  orNull,
  pageOf,
  ref,
  type Schema,
  TEXT,
  UUID,
  WHOLE,
  YES_OR_NO,
} from './schema.ts';

const FOLLOW_UP_STATUSES = [
  'PENDING',
  'SUCCEEDED',
  'FAILED',
  'REVIEW',
] as const satisfies readonly FollowUpStatus[];
const TEXTS: Schema = { type: 'object', additionalProperties: { type: 'string' } };
const ACTIONS: Schema = {
  type: 'array',
  items: oneOf(['capture', 'void', 'refund', 'look_now', 'resolve']),
  description: 'What may be asked for now.',
};
const OPEN = {
  retry_after_ms: { ...WHOLE, description: 'When to ask again.' },
  next_attempt_at: orNull(MOMENT),
};
const OPEN_NAMES = Object.keys(OPEN);
const SHARED = {
  failure_code: orNull(TEXT),
  gateway_ref: { ...orNull(TEXT), description: "The gateway's id." },
  safe_to_retry_with_new_key: {
    ...YES_OR_NO,
    description: 'It failed, and nothing contradicts that: a new key may try again.',
  },
  ...OPEN,
  metadata: TEXTS,
  created_at: MOMENT,
  updated_at: MOMENT,
};

export const PAYMENT = {
  payment_id: UUID,
  order_id: TEXT,
  amount: { ...WHOLE, description: 'Minor units.' },
  currency: TEXT,
  status: {
    ...oneOf(PAYMENT_STATUSES),
    description:
      'COMPLETED: the gateway charged it. FAILED: it is proved that nothing was charged. AUTHORIZED: the gateway holds the money. VOIDED: it was let go. PROCESSING: under way. UNRESOLVED: not proved yet; Payonce asks the gateway. REVIEW: a person must decide.',
  },
  capture_method: oneOf(['manual']),
  attempts: WHOLE,
  gateway: TEXT,
  livemode: { ...YES_OR_NO, description: 'Whether real money moves.' },
  ...SHARED,
  next_action: { ...TEXTS, description: 'What the gateway asks of the customer. Keep it out of logs.' },
};
const PAYMENT_OPTIONAL = [...OPEN_NAMES, 'capture_method', 'next_action'];

export const REFUND = {
  refund_id: TEXT,
  payment_id: UUID,
  amount: WHOLE,
  amount_refunded: WHOLE,
  currency: TEXT,
  status: oneOf(FOLLOW_UP_STATUSES),
  reason: orNull(TEXT),
  ...SHARED,
};
const REFUND_OPTIONAL = [...OPEN_NAMES, 'amount_refunded'];

export const OPERATION = {
  operation: oneOf(['capture', 'void']),
  payment_id: UUID,
  order_id: TEXT,
  amount: WHOLE,
  amount_captured: WHOLE,
  currency: TEXT,
  status: oneOf(FOLLOW_UP_STATUSES),
  ...SHARED,
};
const OPERATION_OPTIONAL = [...OPEN_NAMES, 'amount_captured'];

const EVENT = {
  seq: WHOLE,
  type: TEXT,
  status: TEXT,
  attempts: WHOLE,
  detail: orNull(TEXT),
  at: MOMENT,
};

const ENDPOINT = {
  id: UUID,
  url: TEXT,
  description: orNull(TEXT),
  event_types: { type: ['array', 'null'], items: TEXT },
  status: TEXT,
  disabled_reason: orNull(TEXT),
  failures_in_row: WHOLE,
  paused_until: orNull(MOMENT),
  previous_secret_until: orNull(MOMENT),
  created_at: MOMENT,
  updated_at: MOMENT,
};
const DELIVERY = {
  event_id: TEXT,
  type: TEXT,
  payment_id: orNull(UUID),
  status: oneOf(['PENDING', 'DELIVERED', 'DEAD']),
  attempts: WHOLE,
  happened_at: MOMENT,
  next_attempt_at: orNull(MOMENT),
  ended_at: orNull(MOMENT),
};
const TRY = {
  n: WHOLE,
  at: MOMENT,
  took_ms: orNull({ type: 'integer' }),
  status: orNull({ type: 'integer' }),
  answer: orNull(TEXT),
  error: orNull(TEXT),
};

export const ANSWERS = {
  Payment: answerOf(PAYMENT, PAYMENT_OPTIONAL),
  PaymentNow: answerOf(
    {
      ...PAYMENT,
      amount_authorized: WHOLE,
      amount_captured: WHOLE,
      amount_refunded: WHOLE,
      amount_refunding: WHOLE,
      amount_refunded_elsewhere: WHOLE,
      actions: ACTIONS,
    },
    [...PAYMENT_OPTIONAL, 'amount_authorized'],
  ),
  PaymentPage: pageOf('PaymentNow'),
  PaymentEvent: answerOf({ ...EVENT, charge: WHOLE }),
  PaymentEventPage: pageOf('PaymentEvent'),
  Refund: answerOf(REFUND, REFUND_OPTIONAL),
  RefundNow: answerOf({ ...REFUND, actions: ACTIONS }, REFUND_OPTIONAL),
  RefundPage: pageOf('RefundNow'),
  Operation: answerOf(OPERATION, OPERATION_OPTIONAL),
  OperationNow: answerOf({ ...OPERATION, actions: ACTIONS }, OPERATION_OPTIONAL),
  Event: answerOf(EVENT),
  EventPage: pageOf('Event'),
  WebhookEndpoint: answerOf(ENDPOINT),
  WebhookEndpointWithSecret: answerOf({
    ...ENDPOINT,
    secret: { ...TEXT, description: 'Shown once. It cannot be read again.' },
  }),
  WebhookEndpointPage: pageOf('WebhookEndpoint'),
  Delivery: answerOf(DELIVERY),
  DeliveryPage: pageOf('Delivery'),
  DeliveryWithTries: answerOf({ ...DELIVERY, tries: { type: 'array', items: ref('Try') } }),
  Try: answerOf(TRY),
  Resent: answerOf({ resent: WHOLE, more: YES_OR_NO }),
  DemoStarted: answerOf({ payment_id: UUID }),
  DemoPayment: answerOf({
    payment_id: UUID,
    order_id: TEXT,
    amount: { type: 'number' },
    status: oneOf(PAYMENT_STATUSES),
    attempts: WHOLE,
    created_at: MOMENT,
    updated_at: MOMENT,
  }),
  Alive: answerOf({ status: { const: 'ok' } }),
  Ready: answerOf({ status: { const: 'ready' } }),
  NotReady: answerOf({ status: { const: 'not_ready' }, reason: TEXT, detail: TEXT }),
} as const satisfies Record<string, Schema>;

export type AnswerName = keyof typeof ANSWERS;
