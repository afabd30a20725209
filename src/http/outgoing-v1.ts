/** `/v1/webhook-endpoints`: where an account's events go, and what became of each. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUuid } from '../domain/ids.ts';
import { readNothing, readRotation, readSince } from '../domain/outgoing/fields.ts';
import type { Outgoing, OutgoingProblem } from '../outgoing/endpoints.ts';
import { NO_DELIVERY, NO_ENDPOINT } from '../outgoing/endpoints.ts';
import type { EndpointKey } from '../ports/outgoing.ts';
import { accountOf } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import type { Operation } from './openapi/operation.ts';
import { WEBHOOKS } from './openapi/operations/webhooks.ts';
import { readFields } from './outgoing-body.ts';
import { attemptFields, deliveryFields, endpointFields, secretFields } from './outgoing-fields.ts';
import { readDeliveryPage, readEndpointPage } from './outgoing-query.ts';
import { invalidQuery, sendPage } from './pages.ts';
import type { Problem } from './problem.ts';
import type { RouteContext } from './route-context.ts';
import type { Route, RouteHandler } from './routes.ts';

type Handle = (
  outgoing: Outgoing,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<
  Problem | { readonly kind: 'problem'; readonly code: OutgoingProblem; readonly detail: string } | null
>;

/** `handle` answers, or returns the problem to answer with. */
function route(method: Route['method'], path: string, describe: Operation, handle: Handle): Route {
  const handler = ({ outgoing }: RouteContext): RouteHandler => {
    if (outgoing === null) throw new TypeError('These routes need what they are about.');
    return async (request, reply) => {
      const problem = await handle(outgoing, request, reply);
      if (problem !== null) sendProblem(reply, problem, PROBLEM_JSON);
      return reply;
    };
  };
  return { method, path, scope: 'webhooks', describe, handler };
}

const ENDPOINTS = '/v1/webhook-endpoints';
const ENDPOINT = `${ENDPOINTS}/:id`;
const DELIVERY = `${ENDPOINT}/deliveries/:event_id`;

function keyOf(request: FastifyRequest): EndpointKey | null {
  const endpointId = (request.params as { readonly id: string }).id.toLowerCase();
  return isUuid(endpointId) ? { accountId: accountOf(request), endpointId } : null;
}

/** The same answer for no endpoint and for that of another account. */
function atEndpoint(handle: (key: EndpointKey, ...rest: Parameters<Handle>) => ReturnType<Handle>): Handle {
  return async (outgoing, request, reply) => {
    const key = keyOf(request);
    return key === null ? NO_ENDPOINT : handle(key, outgoing, request, reply);
  };
}

const EVENT_ID = /^evt_[0-9a-z_]{1,80}$/;

function atDelivery(
  handle: (
    at: { key: EndpointKey; eventId: string },
    outgoing: Outgoing,
    reply: FastifyReply,
  ) => ReturnType<Handle>,
): Handle {
  return async (outgoing, request, reply) => {
    const key = keyOf(request);
    const { event_id: eventId } = request.params as { readonly event_id: string };
    if (key === null || !EVENT_ID.test(eventId)) return NO_DELIVERY;
    return handle({ key, eventId }, outgoing, reply);
  };
}

function send(reply: FastifyReply, status: number, fields: unknown): null {
  sendJson(reply, status, JSON.stringify(fields));
  return null;
}

const create: Handle = async (outgoing, request, reply) => {
  const read = readFields(request, (fields) => outgoing.read(fields, true));
  if (read.kind === 'problem') return read.problem;
  const answer = await outgoing.create(accountOf(request), read.value.fields);
  return answer.kind === 'problem' ? answer : send(reply, 201, secretFields(answer));
};

const list: Handle = async (outgoing, request, reply) => {
  const { page, errors } = readEndpointPage(request);
  if (errors.length > 0) return invalidQuery(errors);
  // One more than a page, to know whether another follows.
  const rows = await outgoing.list(accountOf(request), { ...page, limit: page.limit + 1 });
  const next = rows.length > page.limit ? rows[page.limit - 1]?.endpointId : undefined;
  sendPage(reply, 'webhook_endpoints', rows.slice(0, page.limit).map(endpointFields), next);
  return null;
};

const show = atEndpoint(async (key, outgoing, _request, reply) => {
  const endpoint = await outgoing.find(key);
  return endpoint === null ? NO_ENDPOINT : send(reply, 200, endpointFields(endpoint));
});

const update = atEndpoint(async (key, outgoing, request, reply) => {
  const read = readFields(request, (fields) => outgoing.read(fields, false));
  if (read.kind === 'problem') return read.problem;
  const answer = await outgoing.update(key, read.value.fields);
  return answer.kind === 'problem' ? answer : send(reply, 200, endpointFields(answer.endpoint));
});

const remove = atEndpoint(async (key, outgoing, _request, reply) => {
  const answer = await outgoing.remove(key);
  if (answer.kind === 'problem') return answer;
  void reply.code(204).header('cache-control', 'no-store').send();
  return null;
});

const rotate = atEndpoint(async (key, outgoing, request, reply) => {
  const read = readFields(request, readRotation);
  if (read.kind === 'problem') return read.problem;
  const answer = await outgoing.rotate(key, read.value.overlapMs);
  return answer.kind === 'problem' ? answer : send(reply, 200, secretFields(answer));
});

const test = atEndpoint(async (key, outgoing, request, reply) => {
  const read = readFields(request, readNothing);
  if (read.kind === 'problem') return read.problem;
  const answer = await outgoing.test(key);
  return answer.kind === 'problem' ? answer : send(reply, 202, deliveryFields(answer.delivery));
});

const resendSince = atEndpoint(async (key, outgoing, request, reply) => {
  const read = readFields(request, readSince);
  if (read.kind === 'problem') return read.problem;
  const answer = await outgoing.resendSince(key, read.value.sinceMs);
  return answer.kind === 'problem' ? answer : send(reply, 202, { resent: answer.count, more: answer.more });
});

const deliveries = atEndpoint(async (key, outgoing, request, reply) => {
  const { page, errors } = readDeliveryPage(request);
  if (errors.length > 0) return invalidQuery(errors);
  const rows = await outgoing.deliveries(key, { ...page, limit: page.limit + 1 });
  if (rows === null) return NO_ENDPOINT;
  const next = rows.length > page.limit ? rows[page.limit - 1]?.ord : undefined;
  sendPage(reply, 'webhook_deliveries', rows.slice(0, page.limit).map(deliveryFields), next);
  return null;
});

const delivery = atDelivery(async ({ key, eventId }, outgoing, reply) => {
  const found = await outgoing.delivery(key, eventId);
  if (found === null) return NO_DELIVERY;
  return send(reply, 200, { ...deliveryFields(found.delivery), tries: found.attempts.map(attemptFields) });
});

const resend = atDelivery(async ({ key, eventId }, outgoing, reply) => {
  const answer = await outgoing.resend(key, eventId);
  return answer.kind === 'problem' ? answer : send(reply, 202, deliveryFields(answer.delivery));
});

export const OUTGOING_ROUTES: readonly Route[] = [
  route('POST', ENDPOINTS, WEBHOOKS.create, create),
  route('GET', ENDPOINTS, WEBHOOKS.list, list),
  route('GET', ENDPOINT, WEBHOOKS.show, show),
  route('PATCH', ENDPOINT, WEBHOOKS.update, update),
  route('DELETE', ENDPOINT, WEBHOOKS.remove, remove),
  route('POST', `${ENDPOINT}/rotate-secret`, WEBHOOKS.rotate, rotate),
  route('POST', `${ENDPOINT}/test`, WEBHOOKS.test, test),
  route('POST', `${ENDPOINT}/resend`, WEBHOOKS.resendSince, resendSince),
  route('GET', `${ENDPOINT}/deliveries`, WEBHOOKS.deliveries, deliveries),
  route('GET', DELIVERY, WEBHOOKS.delivery, delivery),
  route('POST', `${DELIVERY}/resend`, WEBHOOKS.resend, resend),
];
