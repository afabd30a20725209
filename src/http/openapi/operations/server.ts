/** Routes that need no API key. */
import type { Operation } from '../operation.ts';
import type { Described } from '../route.ts';

const gatewayEvents: Operation = {
  id: 'receiveGatewayWebhook',
  summary: 'Takes an event of the gateway, with any body. Its signature is checked, so it needs no API key.',
  tag: 'Server',
  answers: { 204: null },
  problems: [
    'not_found',
    'payload_too_large',
    'webhook_refused',
    'webhook_not_noted',
    'store_unavailable',
    'store_refused',
    'store_outcome_unknown',
    'installation_changed',
    'shutting_down',
  ],
};

export const OPEN_ROUTES: readonly Described[] = [
  { method: 'POST', path: '/v1/gateways/:name/webhooks', scope: null, describe: gatewayEvents },
  {
    method: 'GET',
    path: '/healthz',
    scope: null,
    describe: {
      id: 'isAlive',
      summary: 'Whether the process lives.',
      tag: 'Server',
      answers: { 200: 'Alive' },
    },
  },
  {
    method: 'GET',
    path: '/readyz',
    scope: null,
    describe: {
      id: 'isReady',
      summary: 'Whether it takes payments.',
      tag: 'Server',
      answers: { 200: 'Ready', 503: 'NotReady' },
      retried: [503],
    },
  },
];
