/** The reading half of refunds: one refund, pages of a payment's refunds, the audit trail of a refund. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefundEvent } from '../domain/refund.ts';
import { refundIdComplaint } from '../domain/refund-fields.ts';
import { notePayment } from './access-log.ts';
import { DEFAULT_ACCOUNT } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import type { FieldError } from './field-errors.ts';
import { invalidQuery, readIdCursor, readSeqCursor, sendPage } from './pages.ts';
import type { Problem } from './problem.ts';
import { readLimit, readQuery } from './query.ts';
import { type Handler, NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import { refundNowFields } from './refund-now.ts';
import type { RouteContext } from './route-context.ts';

export const NO_SUCH_REFUND: Problem = {
  code: 'refund_not_found',
  detail:
    'This payment has no refund with this refund_id. GET /v1/payments/<id>/refunds lists the refunds that it has.',
};

/** `GET /v1/payments/:id/refunds?limit=&cursor=`: newest first. */
export function refundsHandler({ payonce }: RouteContext): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['limit', 'cursor'], errors);
    const before = readIdCursor('refunds', values, errors);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    const id = paymentIdOf(request);
    const filter = { limit, ...(before === undefined ? {} : { before }) };
    const page = id === null ? null : await payonce.refunds(DEFAULT_ACCOUNT, id, filter);
    if (id === null || page === null) {
      sendProblem(reply, NO_SUCH_PAYMENT, PROBLEM_JSON);
      return reply;
    }
    notePayment(reply, id);
    sendPage(reply, 'refunds', page.refunds.map(refundNowFields), page.next);
    return reply;
  };
}

/** `GET /v1/payments/:id/refunds/:refund_id` */
export function readRefundHandler(context: RouteContext): Handler {
  return async (request, reply) => {
    const name = nameOf(request);
    if (name === null) return sendMissing(context, request, reply);
    const refund = await context.payonce.findRefund(DEFAULT_ACCOUNT, name.paymentId, name.refundId);
    if (refund === null) return sendMissing(context, request, reply);
    notePayment(reply, name.paymentId);
    sendJson(reply, 200, JSON.stringify(refundNowFields(refund)));
    return reply;
  };
}

/** `GET /v1/payments/:id/refunds/:refund_id/events?limit=&cursor=`: oldest first. */
export function refundEventsHandler(context: RouteContext): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['limit', 'cursor'], errors);
    const after = readSeqCursor('refund_events', values, errors);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    const name = nameOf(request);
    if (name === null) return sendMissing(context, request, reply);
    const { paymentId, refundId } = name;
    // One more than a page, to know whether another follows.
    const filter = { after, limit: limit + 1 };
    const rows = await context.payonce.refundEvents(DEFAULT_ACCOUNT, paymentId, refundId, filter);
    if (rows === null) return sendMissing(context, request, reply);
    notePayment(reply, paymentId);
    const next = rows.length > limit ? rows[limit - 1]?.seq : undefined;
    sendPage(reply, 'refund_events', rows.slice(0, limit).map(eventFields), next?.toString());
    return reply;
  };
}

/** The refund that the address names, decoded. Null: nothing can have these names. */
export function nameOf(
  request: FastifyRequest,
): { readonly paymentId: string; readonly refundId: string } | null {
  const paymentId = paymentIdOf(request);
  const { refund_id: refundId } = request.params as { readonly refund_id: string };
  if (paymentId === null || refundIdComplaint(refundId) !== null) return null;
  return { paymentId, refundId };
}

/** Says whether it is the payment or only the refund that does not exist. */
async function sendMissing(
  { payonce }: RouteContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const paymentId = paymentIdOf(request);
  const payment = paymentId === null ? null : await payonce.payment(DEFAULT_ACCOUNT, paymentId);
  if (payment !== null) notePayment(reply, payment.paymentId);
  sendProblem(reply, payment === null ? NO_SUCH_PAYMENT : NO_SUCH_REFUND, PROBLEM_JSON);
  return reply;
}

function eventFields(event: RefundEvent): Record<string, unknown> {
  return {
    seq: event.seq,
    type: event.type,
    status: event.status,
    attempts: event.attempts,
    detail: event.detail,
    at: new Date(event.atMs).toISOString(),
  };
}
