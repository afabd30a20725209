/** The reading half of captures and voids: the last one of a payment, and its audit trail. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CaptureOrVoidEvent } from '../domain/capture-or-void.ts';
import type { ExclusiveKind } from '../domain/effects.ts';
import { notePayment } from './access-log.ts';
import { DEFAULT_ACCOUNT } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import { exclusiveNowFields } from './exclusive-now.ts';
import type { FieldError } from './field-errors.ts';
import { invalidQuery, readSeqCursor, sendPage } from './pages.ts';
import type { Problem } from './problem.ts';
import { readLimit, readQuery } from './query.ts';
import { type Handler, NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import type { RouteContext } from './route-context.ts';

const NO_SUCH_OPERATION: Problem = {
  code: 'operation_not_found',
  detail: 'This payment has no such capture or void. GET /v1/payments/<id> shows its status.',
};

/** `GET /v1/payments/:id/capture` and `/void` */
export function readExclusiveHandler(context: RouteContext, kind: ExclusiveKind): Handler {
  return async (request, reply) => {
    const id = paymentIdOf(request);
    const shown = id === null ? null : await context.payonce.findExclusive(DEFAULT_ACCOUNT, id, kind);
    if (id === null || shown === null) return sendMissing(context, request, reply);
    notePayment(reply, id);
    sendJson(reply, 200, JSON.stringify(exclusiveNowFields(shown)));
    return reply;
  };
}

/** `GET /v1/payments/:id/capture/events?limit=&cursor=` and `/void/events`: oldest first. */
export function exclusiveEventsHandler(context: RouteContext, kind: ExclusiveKind): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['limit', 'cursor'], errors);
    const after = readSeqCursor('operation_events', values, errors);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    const id = paymentIdOf(request);
    // One more than a page, to know whether another follows.
    const filter = { after, limit: limit + 1 };
    const rows =
      id === null ? null : await context.payonce.exclusiveEvents(DEFAULT_ACCOUNT, id, kind, filter);
    if (id === null || rows === null) return sendMissing(context, request, reply);
    notePayment(reply, id);
    const next = rows.length > limit ? rows[limit - 1]?.seq : undefined;
    sendPage(reply, 'operation_events', rows.slice(0, limit).map(eventFields), next?.toString());
    return reply;
  };
}

/** Says whether it is the payment or only the capture or the void that does not exist. */
async function sendMissing(
  { payonce }: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const paymentId = paymentIdOf(request);
  const payment = paymentId === null ? null : await payonce.payment(DEFAULT_ACCOUNT, paymentId);
  if (payment !== null) notePayment(reply, payment.paymentId);
  sendProblem(reply, payment === null ? NO_SUCH_PAYMENT : NO_SUCH_OPERATION, PROBLEM_JSON);
  return reply;
}

function eventFields({ atMs, ...event }: CaptureOrVoidEvent): Record<string, unknown> {
  return { ...event, at: new Date(atMs).toISOString() };
}
