/** What answers show: payments, refunds, captures, voids, their audit trails, and the addresses that events are sent to. */
import { OUTGOING_TYPES } from '../../domain/outgoing/event-types.ts';
import { PROBLEMS } from '../../domain/problems.ts';
import {
  BOOLEAN,
  COUNT,
  MINOR,
  object,
  oneOf,
  orNull,
  pageOf,
  ref,
  type Schema,
  TEXT,
  TIME,
  UUID,
} from './schema.ts';

const METADATA: Schema = { type: 'object', additionalProperties: TEXT };
const ACTIONS: Schema = {
  type: 'array',
  items: oneOf('capture', 'void', 'refund', 'look_now', 'resolve'),
  description: 'What may be asked for now.',
};
const UNSETTLED: Readonly<Record<string, Schema>> = {
  retry_after_ms: COUNT,
  next_attempt_at: { ...orNull(TIME), description: 'Null: a try or a lookup is under way.' },
};
const SAFE: Schema = {
  type: 'boolean',
  description: 'Whether another request, with a new key, may move the money.',
};
const TIMES: Readonly<Record<string, Schema>> = { metadata: METADATA, created_at: TIME, updated_at: TIME };

const PAYMENT: Readonly<Record<string, Schema>> = {
  payment_id: UUID,
  order_id: TEXT,
  amount: MINOR,
  currency: TEXT,
  status: oneOf('PROCESSING', 'UNRESOLVED', 'REVIEW', 'AUTHORIZED', 'COMPLETED', 'VOIDED', 'FAILED'),
  capture_method: oneOf('manual'),
  attempts: COUNT,
  failure_code: orNull(TEXT),
  gateway: TEXT,
  livemode: { type: 'boolean', description: 'Whether real money moves.' },
  gateway_ref: { ...orNull(TEXT), description: 'The gateway’s id of the charge.' },
  safe_to_retry_with_new_key: SAFE,
  ...UNSETTLED,
  next_action: {
    type: 'object',
    additionalProperties: true,
    description: 'What the customer must do, as the gateway said it.',
  },
  ...TIMES,
};
const REFUND: Readonly<Record<string, Schema>> = {
  refund_id: TEXT,
  payment_id: UUID,
  amount: MINOR,
  amount_refunded: MINOR,
  currency: TEXT,
  status: oneOf('PENDING', 'REVIEW', 'SUCCEEDED', 'FAILED'),
  reason: orNull(TEXT),
  failure_code: orNull(TEXT),
  gateway_ref: orNull(TEXT),
  safe_to_retry_with_new_key: SAFE,
  ...UNSETTLED,
  ...TIMES,
};
/** A capture or a void. */
const OPERATION: Readonly<Record<string, Schema>> = {
  operation: oneOf('capture', 'void'),
  payment_id: UUID,
  order_id: TEXT,
  amount: MINOR,
  amount_captured: MINOR,
  currency: TEXT,
  status: oneOf('PENDING', 'REVIEW', 'SUCCEEDED', 'FAILED'),
  failure_code: orNull(TEXT),
  gateway_ref: orNull(TEXT),
  safe_to_retry_with_new_key: SAFE,
  ...UNSETTLED,
  ...TIMES,
};
const SUMS: Readonly<Record<string, Schema>> = {
  amount_authorized: MINOR,
  amount_captured: MINOR,
  amount_refunded: MINOR,
  amount_refunding: MINOR,
  amount_refunded_elsewhere: MINOR,
};
const SOMETIMES = [
  'capture_method',
  'retry_after_ms',
  'next_attempt_at',
  'next_action',
  'amount_authorized',
  'amount_refunded',
  'amount_captured',
];

const EVENT: Readonly<Record<string, Schema>> = {
  seq: { type: 'integer', minimum: 1 },
  type: TEXT,
  status: TEXT,
  attempts: COUNT,
  detail: orNull(TEXT),
  at: TIME,
};
const ENDPOINT: Readonly<Record<string, Schema>> = {
  id: UUID,
  url: TEXT,
  description: TEXT,
  event_types: { ...orNull({ type: 'array', items: oneOf(...OUTGOING_TYPES) }), description: 'Null: all.' },
  status: oneOf('ENABLED', 'DISABLED'),
  disabled_reason: orNull(TEXT),
  failures_in_row: COUNT,
  paused_until: orNull(TIME),
  previous_secret_until: orNull(TIME),
  created_at: TIME,
  updated_at: TIME,
};
const DELIVERY: Readonly<Record<string, Schema>> = {
  event_id: TEXT,
  type: TEXT,
  payment_id: orNull(UUID),
  status: oneOf('PENDING', 'DELIVERED', 'DEAD'),
  attempts: COUNT,
  happened_at: TIME,
  next_attempt_at: orNull(TIME),
  ended_at: orNull(TIME),
};
const TRY = object({
  n: COUNT,
  at: TIME,
  took_ms: COUNT,
  status: orNull(COUNT),
  answer: orNull(TEXT),
  error: orNull(TEXT),
});

/** A problem also has the fields of what it is about, so it is open. */
const PROBLEM: Schema = {
  type: 'object',
  description: 'RFC 9457. Decide by `code`. docs/errors.md says what to do for each.',
  properties: {
    type: TEXT,
    title: TEXT,
    status: { type: 'integer' },
    code: oneOf(...Object.keys(PROBLEMS)),
    detail: TEXT,
    errors: {
      type: 'array',
      items: object({ pointer: TEXT, parameter: TEXT, detail: TEXT }, ['pointer', 'parameter']),
    },
    retry_after_ms: COUNT,
    instance: TEXT,
  },
  required: ['type', 'title', 'status', 'code', 'detail'],
};

export const ANSWERS: Readonly<Record<string, Schema>> = {
  Payment: object(PAYMENT, SOMETIMES),
  PaymentNow: object(
    { ...PAYMENT, ...SUMS, actions: ACTIONS },
    SOMETIMES.filter((name) => name !== 'amount_refunded' && name !== 'amount_captured'),
  ),
  PaymentPage: pageOf(ref('PaymentNow')),
  PaymentEventPage: pageOf(object({ ...EVENT, charge: { type: 'integer', minimum: 1 } })),
  Refund: object(REFUND, SOMETIMES),
  RefundNow: object({ ...REFUND, actions: ACTIONS }, SOMETIMES),
  RefundPage: pageOf(ref('RefundNow')),
  Operation: object(OPERATION, SOMETIMES),
  OperationNow: object({ ...OPERATION, actions: ACTIONS }, SOMETIMES),
  EventPage: pageOf(object(EVENT)),
  WebhookEndpoint: object(ENDPOINT),
  WebhookEndpointWithSecret: object({ ...ENDPOINT, secret: TEXT }),
  WebhookEndpointPage: pageOf(ref('WebhookEndpoint')),
  WebhookDelivery: object(DELIVERY),
  WebhookDeliveryWithTries: object({ ...DELIVERY, tries: { type: 'array', items: TRY } }),
  WebhookDeliveryPage: pageOf(ref('WebhookDelivery')),
  Resent: object({ resent: COUNT, more: BOOLEAN }),
  Problem: PROBLEM,
};
