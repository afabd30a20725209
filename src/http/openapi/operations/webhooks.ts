/** Where events go, and where those of the gateway come in. */
import { ROTATED, TEST_DELIVERY } from '../examples.ts';
import type { Operation } from '../operation.ts';
import { oneOf } from '../schema.ts';
import { PAGE } from './queries.ts';

const TAG = { tag: 'Webhooks' } as const;
const AT_ENDPOINT = { ...TAG, problems: ['webhook_endpoint_not_found'] } as const;
const AT_DELIVERY = {
  ...TAG,
  problems: ['webhook_delivery_not_found', 'webhook_endpoint_not_found'],
} as const;

const SOON = 'It is stored, and sent soon.';

export const WEBHOOKS = {
  create: {
    ...TAG,
    id: 'createWebhookEndpoint',
    summary: 'Add an address that events are sent to.',
    body: { schema: 'WebhookEndpointRequest', example: { url: 'https://shop.example/hook' } },
    answers: { 201: 'WebhookEndpointWithSecret' },
    says: { 201: 'It is made. No other answer shows its secret.' },
    problems: [
      'webhook_url_refused',
      'webhooks_not_offered',
      'webhook_endpoint_exists',
      'webhook_endpoints_exhausted',
    ],
  },
  list: {
    ...TAG,
    id: 'listWebhookEndpoints',
    summary: 'List endpoints, newest first.',
    query: PAGE,
    answers: { 200: 'WebhookEndpointPage' },
  },
  show: {
    ...AT_ENDPOINT,
    id: 'getWebhookEndpoint',
    summary: 'Read an endpoint.',
    answers: { 200: 'WebhookEndpoint' },
  },
  update: {
    ...TAG,
    id: 'updateWebhookEndpoint',
    summary: 'Change an endpoint.',
    body: { schema: 'WebhookEndpointChange', optional: true, example: { description: 'The warehouse' } },
    answers: { 200: 'WebhookEndpoint' },
    problems: ['webhook_endpoint_not_found', 'webhook_endpoint_exists', 'webhook_url_refused'],
  },
  remove: {
    ...AT_ENDPOINT,
    id: 'deleteWebhookEndpoint',
    summary: 'Delete an endpoint.',
    answers: { 204: null },
  },
  rotate: {
    ...TAG,
    id: 'rotateWebhookSecret',
    summary: 'Make a new signing secret. The old one signs, too, for a while.',
    body: { schema: 'SecretRotation', optional: true, example: { overlap_s: 3600 } },
    answers: { 200: 'WebhookEndpointWithSecret' },
    says: { 200: 'It has a new secret. No other answer shows it.' },
    example: ROTATED,
    problems: ['webhook_endpoint_not_found', 'webhooks_not_offered'],
  },
  test: {
    ...AT_ENDPOINT,
    id: 'testWebhookEndpoint',
    summary: 'Send a test event.',
    body: { schema: 'Nothing', optional: true, example: {} },
    answers: { 202: 'Delivery' },
    says: { 202: SOON },
    example: TEST_DELIVERY,
  },
  resendSince: {
    ...AT_ENDPOINT,
    id: 'resendWebhookEvents',
    summary: 'Send all events since a moment again.',
    body: { schema: 'ResendRequest', example: { since: '2026-01-31T12:00:00Z' } },
    answers: { 202: 'Resent' },
    says: { 202: SOON },
  },
  deliveries: {
    ...AT_ENDPOINT,
    id: 'listWebhookDeliveries',
    summary: 'List what was sent to an endpoint, newest first.',
    query: { status: oneOf(['PENDING', 'DELIVERED', 'DEAD']), ...PAGE },
    answers: { 200: 'DeliveryPage' },
  },
  delivery: {
    ...AT_DELIVERY,
    id: 'getWebhookDelivery',
    summary: 'Read a delivery, with every try.',
    answers: { 200: 'DeliveryWithTries' },
  },
  resend: {
    ...AT_DELIVERY,
    id: 'resendWebhookEvent',
    summary: 'Send one event again.',
    answers: { 202: 'Delivery' },
    says: { 202: SOON },
  },
} as const satisfies Record<string, Operation>;
