/** Every route of `/v1` in words: one entry for each, in the order of docs/api.md. */
import type { ProblemCode } from '../../domain/problems.ts';

/** An answer that is no problem: its status, and the name of its schema. Null: it has no body. */
export type Success = readonly [status: number, schema: string | null];

export interface Operation {
  readonly id: string;
  readonly summary: string;
  /** The name of its schema. Absent: no body is read. */
  readonly body?: { readonly schema: string; readonly optional?: true };
  readonly successes: readonly Success[];
  /** Beside those of every route. */
  readonly problems: readonly ProblemCode[];
  /** Query parameters beside `limit` and `cursor`. Absent: the route is no list. */
  readonly list?: readonly string[];
}

const STORE: readonly ProblemCode[] = ['store_unavailable', 'store_refused', 'installation_changed'];
const WRITE: readonly ProblemCode[] = [
  ...STORE,
  'store_outcome_unknown',
  'invalid_json',
  'invalid_request',
  'card_number_refused',
  'payload_too_large',
  'unsupported_media_type',
];
const KEYED: readonly ProblemCode[] = [
  ...WRITE,
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'result_expired',
  'result_superseded',
  'gateway_failed',
  'other_gateway',
];
const OF_PAYMENT: readonly ProblemCode[] = ['payment_not_found'];

const PAYMENT = '/v1/payments/{id}';
const ENDPOINTS = '/v1/webhook-endpoints';
const ENDPOINT = `${ENDPOINTS}/{id}`;

function read(id: string, summary: string, schema: string, problem: ProblemCode): Operation {
  return { id, summary, successes: [[200, schema]], problems: [...STORE, problem] };
}

function pages(
  id: string,
  summary: string,
  schema: string,
  problems: readonly ProblemCode[],
  list: string[] = [],
): Operation {
  return {
    id,
    summary,
    successes: [[200, schema]],
    problems: [...STORE, 'invalid_request', ...problems],
    list,
  };
}

function follow(kind: 'capture' | 'void', schema: string): Readonly<Record<string, Operation>> {
  const title = kind === 'capture' ? 'Take' : 'Let go of';
  const not = kind === 'capture' ? 'payment_not_capturable' : 'payment_not_voidable';
  const [Name] = [kind === 'capture' ? 'Capture' : 'Void'];
  return {
    [`POST ${PAYMENT}/${kind}`]: {
      id: `${kind}Payment`,
      summary: `${title} money that is authorised`,
      body: { schema, optional: true },
      successes: [
        [200, 'Operation'],
        [201, 'Operation'],
        [202, 'Operation'],
      ],
      problems: [
        ...KEYED,
        ...OF_PAYMENT,
        not,
        'operation_in_progress',
        'effect_not_offered',
        ...(kind === 'capture'
          ? (['capture_exceeds_authorized', 'capture_declined'] as const)
          : (['void_declined'] as const)),
      ],
    },
    [`GET ${PAYMENT}/${kind}`]: read(
      `show${Name}`,
      `The last ${kind} of a payment`,
      'OperationNow',
      'operation_not_found',
    ),
    [`GET ${PAYMENT}/${kind}/events`]: pages(
      `list${Name}Events`,
      `The audit trail of the last ${kind}`,
      'EventPage',
      ['operation_not_found'],
    ),
  };
}

/** What an operator may do. `name`: of its schemas. */
function operator(
  path: string,
  name: string,
  word: string,
  shown: string,
  problem: ProblemCode,
): Readonly<Record<string, Operation>> {
  return {
    [`POST ${path}/look-now`]: {
      id: `look${name}UpNow`,
      summary: 'Look it up at the gateway now',
      body: { schema: 'LookNow', optional: true },
      successes: [
        [200, shown],
        [202, shown],
      ],
      problems: [...WRITE, problem, 'nothing_to_look_at', 'other_gateway', 'under_way'],
    },
    [`POST ${path}/resolve`]: {
      id: `resolve${name}`,
      summary: 'Say how something in REVIEW ended',
      body: { schema: word },
      successes: [
        [200, shown],
        [202, shown],
      ],
      problems: [
        ...WRITE,
        problem,
        'not_in_review',
        'amount_differs',
        'resolution_conflict',
        'other_gateway',
        'under_way',
      ],
    },
  };
}

/** By method and path, with the names of its parts in braces. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  'POST /v1/payments': {
    id: 'chargeOrder',
    summary: 'Charge an order, at most once',
    body: { schema: 'NewPayment' },
    successes: [
      [200, 'Payment'],
      [201, 'Payment'],
      [202, 'Payment'],
    ],
    problems: [...KEYED, 'card_declined', 'order_conflict', 'order_not_chargeable', 'effect_not_offered'],
  },
  'GET /v1/payments': pages(
    'listPayments',
    'Payments, newest first',
    'PaymentPage',
    [],
    ['order_id', 'status'],
  ),
  [`GET ${PAYMENT}`]: read('showPayment', 'One payment', 'PaymentNow', 'payment_not_found'),
  [`GET ${PAYMENT}/events`]: pages(
    'listPaymentEvents',
    'The audit trail of a payment',
    'PaymentEventPage',
    OF_PAYMENT,
  ),
  ...operator(PAYMENT, 'Payment', 'PaymentWord', 'PaymentNow', 'payment_not_found'),
  ...follow('capture', 'NewCapture'),
  ...operator(`${PAYMENT}/capture`, 'Capture', 'CaptureWord', 'OperationNow', 'operation_not_found'),
  ...follow('void', 'NewVoid'),
  ...operator(`${PAYMENT}/void`, 'Void', 'VoidWord', 'OperationNow', 'operation_not_found'),
  [`POST ${PAYMENT}/refunds`]: {
    id: 'refundPayment',
    summary: 'Refund a payment or a part of it, at most once for each name',
    body: { schema: 'NewRefund' },
    successes: [
      [200, 'Refund'],
      [201, 'Refund'],
      [202, 'Refund'],
    ],
    problems: [
      ...KEYED,
      ...OF_PAYMENT,
      'refund_identity_required',
      'refund_conflict',
      'refund_declined',
      'refund_exceeds_captured',
      'earlier_refund_found',
      'payment_not_refundable',
    ],
  },
  [`GET ${PAYMENT}/refunds`]: pages(
    'listRefunds',
    'The refunds of a payment, newest first',
    'RefundPage',
    OF_PAYMENT,
  ),
  [`GET ${PAYMENT}/refunds/{refund_id}`]: read('showRefund', 'One refund', 'RefundNow', 'refund_not_found'),
  [`GET ${PAYMENT}/refunds/{refund_id}/events`]: pages(
    'listRefundEvents',
    'The audit trail of a refund',
    'EventPage',
    ['refund_not_found'],
  ),
  ...operator(`${PAYMENT}/refunds/{refund_id}`, 'Refund', 'RefundWord', 'RefundNow', 'refund_not_found'),
  [`POST ${ENDPOINTS}`]: {
    id: 'createWebhookEndpoint',
    summary: 'Have events sent to an address',
    body: { schema: 'NewWebhookEndpoint' },
    successes: [[201, 'WebhookEndpointWithSecret']],
    problems: [
      ...WRITE,
      'webhook_endpoint_exists',
      'webhook_endpoints_exhausted',
      'webhook_url_refused',
      'webhooks_not_offered',
    ],
  },
  [`GET ${ENDPOINTS}`]: pages(
    'listWebhookEndpoints',
    'The addresses that events are sent to',
    'WebhookEndpointPage',
    [],
  ),
  [`GET ${ENDPOINT}`]: read(
    'showWebhookEndpoint',
    'One address',
    'WebhookEndpoint',
    'webhook_endpoint_not_found',
  ),
  [`PATCH ${ENDPOINT}`]: {
    id: 'changeWebhookEndpoint',
    summary: 'Change an address, or switch it on or off',
    body: { schema: 'WebhookEndpointChange', optional: true },
    successes: [[200, 'WebhookEndpoint']],
    problems: [...WRITE, 'webhook_endpoint_not_found', 'webhook_endpoint_exists', 'webhook_url_refused'],
  },
  [`DELETE ${ENDPOINT}`]: {
    id: 'deleteWebhookEndpoint',
    summary: 'Send nothing to an address any more',
    successes: [[204, null]],
    problems: [...STORE, 'webhook_endpoint_not_found'],
  },
  [`POST ${ENDPOINT}/rotate-secret`]: {
    id: 'rotateWebhookSecret',
    summary: 'Sign with a new secret; the old one still signs for a while',
    body: { schema: 'NewSecret', optional: true },
    successes: [[200, 'WebhookEndpointWithSecret']],
    problems: [...WRITE, 'webhook_endpoint_not_found', 'webhooks_not_offered'],
  },
  [`POST ${ENDPOINT}/test`]: {
    id: 'testWebhookEndpoint',
    summary: 'Send a test event',
    successes: [[202, 'WebhookDelivery']],
    problems: [...WRITE, 'webhook_endpoint_not_found'],
  },
  [`POST ${ENDPOINT}/resend`]: {
    id: 'resendWebhooksSince',
    summary: 'Send all events since a time again',
    body: { schema: 'ResendSince' },
    successes: [[202, 'Resent']],
    problems: [...WRITE, 'webhook_endpoint_not_found'],
  },
  [`GET ${ENDPOINT}/deliveries`]: pages(
    'listWebhookDeliveries',
    'What became of each event, newest first',
    'WebhookDeliveryPage',
    ['webhook_endpoint_not_found'],
    ['status'],
  ),
  [`GET ${ENDPOINT}/deliveries/{event_id}`]: read(
    'showWebhookDelivery',
    'One event, with its tries',
    'WebhookDeliveryWithTries',
    'webhook_delivery_not_found',
  ),
  [`POST ${ENDPOINT}/deliveries/{event_id}/resend`]: {
    id: 'resendWebhook',
    summary: 'Send one event again',
    successes: [[202, 'WebhookDelivery']],
    problems: [...WRITE, 'webhook_delivery_not_found'],
  },
};
