/** Endpoints for events. Changes are repeated only where doing them twice is doing them once. */
import { ask } from './ask.ts';
import type { CallOptions } from './charge-types.ts';
import { PayonceChangeError } from './errors.ts';
import type { Line, Request } from './exchange.ts';
import { type Fields, mustBe } from './fields.ts';
import { jsonOf, mustBeText, mustBeUuid, mustBeWhole, refuseUnknown } from './input.ts';
import { listOf } from './list.ts';
import { pathOf } from './paths.ts';
import { readOne } from './read.ts';
import { patienceOf } from './try.ts';
import {
  readDelivery,
  readDeliveryWithTries,
  readEndpoint,
  readEndpointWithSecret,
  readResent,
} from './webhook-endpoint.ts';
import type { WebhookEndpointChange, WebhookEndpoints } from './webhook-endpoints-api.ts';

const ENDPOINTS = '/v1/webhook-endpoints';
const INPUT = ['url', 'description', 'eventTypes'];
const LONGEST_OVERLAP_S = 7 * 24 * 3600;
/** The last moment that a date can have. */
const LAST_MS = 8.64e15;

export function webhookEndpointsOf(line: Line): WebhookEndpoints {
  const once = change(line, false);
  const repeatedly = change(line, true);

  return {
    async create(input, options) {
      refuseUnknown('The endpoint', input, INPUT);
      mustBeText('url', input.url);
      return once({ method: 'POST', path: ENDPOINTS, body: bodyOf(input) }, readEndpointWithSecret, options);
    },
    list: (options) => listOf(line, { path: ENDPOINTS, read: readEndpoint }, options),
    async find(endpointId, options) {
      const id = idOf(endpointId);
      return readOne(line, pathOf(ENDPOINTS, id), ofEndpoint(id, readEndpoint), options);
    },
    async update(endpointId, changes, options) {
      const id = idOf(endpointId);
      refuseUnknown('The change', changes, [...INPUT, 'enabled']);
      const request = { method: 'PATCH', path: pathOf(ENDPOINTS, id), body: bodyOf(changes) } as const;
      return repeatedly(request, ofEndpoint(id, readEndpoint), options);
    },
    async remove(endpointId, options) {
      const request = { method: 'DELETE', path: pathOf(ENDPOINTS, idOf(endpointId)) } as const;
      try {
        await repeatedly(request, () => undefined, options);
      } catch (error) {
        if (!(error instanceof PayonceChangeError && error.code === 'webhook_endpoint_not_found'))
          throw error;
      }
    },
    async rotateSecret(endpointId, { overlapS, ...options } = {}) {
      const id = idOf(endpointId);
      const body = jsonOf(
        overlapS === undefined ? {} : { overlap_s: mustBeWhole('overlapS', overlapS, 0, LONGEST_OVERLAP_S) },
      );
      const request = { method: 'POST', path: pathOf(ENDPOINTS, id, 'rotate-secret'), body } as const;
      return once(request, ofEndpoint(id, readEndpointWithSecret), options);
    },
    async sendTest(endpointId, options) {
      const path = pathOf(ENDPOINTS, idOf(endpointId), 'test');
      return once({ method: 'POST', path, body: '{}' }, readDelivery, options);
    },
    deliveries(endpointId, { status, ...options } = {}) {
      const path = pathOf(ENDPOINTS, idOf(endpointId), 'deliveries');
      return listOf(line, { path, filter: { status }, read: readDelivery }, options);
    },
    async findDelivery(endpointId, eventId, options) {
      const path = deliveryPath(endpointId, eventId);
      return readOne(line, path, ofEvent(eventId, readDeliveryWithTries), options);
    },
    async resend(endpointId, eventId, options) {
      const path = `${deliveryPath(endpointId, eventId)}/resend`;
      return repeatedly({ method: 'POST', path }, ofEvent(eventId, readDelivery), options);
    },
    async resendSince(endpointId, sinceMs, options) {
      const path = pathOf(ENDPOINTS, idOf(endpointId), 'resend');
      const since = new Date(mustBeWhole('sinceMs', sinceMs, 0, LAST_MS)).toISOString();
      return repeatedly({ method: 'POST', path, body: jsonOf({ since }) }, readResent, options);
    },
  };
}

/** `isRepeatable`: it may be sent again although an earlier request may have been carried out. */
function change(line: Line, isRepeatable: boolean) {
  return async <Thing>(
    request: Request,
    read: (fields: Fields) => Thing,
    options: CallOptions = {},
  ): Promise<Thing> => {
    refuseUnknown('The options', options, ['deadlineMs', 'signal']);
    const fail = (...[failure, mayBeDone]: ConstructorParameters<typeof PayonceChangeError>) =>
      new PayonceChangeError(failure, mayBeDone);
    return ask(line, { request, read, isRepeatable, fail }, patienceOf(line, options));
  };
}

const idOf = (endpointId: unknown): string => mustBeUuid('endpointId', 'an endpoint', endpointId);

function deliveryPath(endpointId: string, eventId: string): string {
  return pathOf(ENDPOINTS, idOf(endpointId), 'deliveries', mustBeText('eventId', eventId));
}

function bodyOf({ url, description, eventTypes, enabled }: WebhookEndpointChange): string {
  // JSON leaves out what is undefined.
  return jsonOf({ url, description, event_types: eventTypes, enabled });
}

/** Reads what must be about this endpoint. */
function ofEndpoint<Thing extends { readonly endpointId: string }>(
  endpointId: string,
  read: (fields: Fields) => Thing,
): (fields: Fields) => Thing {
  return (fields) => {
    const thing = read(fields);
    mustBe('endpoint', thing.endpointId, endpointId);
    return thing;
  };
}

/** Reads what must be about this event. */
function ofEvent<Thing extends { readonly eventId: string }>(
  eventId: string,
  read: (fields: Fields) => Thing,
): (fields: Fields) => Thing {
  return (fields) => {
    const thing = read(fields);
    mustBe('event', thing.eventId, eventId);
    return thing;
  };
}
