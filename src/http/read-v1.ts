/** The reading half of /v1: one payment, pages of payments, the audit trail of a payment. Always from the primary database. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUuid } from '../domain/ids.ts';
import { orderIdComplaint } from '../domain/order-rules.ts';
import { PAYMENT_STATUSES, type PaymentEvent, type PaymentStatus } from '../domain/payment.ts';
import type { ListFilter } from '../engine/api.ts';
import { notePayment } from './access-log.ts';
import { accountOf } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import type { FieldError } from './field-errors.ts';
import { invalidQuery, readIdCursor, readSeqCursor, sendPage } from './pages.ts';
import { paymentNowFields } from './payment-now.ts';
import type { Problem } from './problem.ts';
import { readLimit, readQuery } from './query.ts';
import type { RouteContext } from './route-context.ts';

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export const NO_SUCH_PAYMENT: Problem = {
  code: 'payment_not_found',
  detail: 'No payment has this id. If you know only the order, search with GET /v1/payments?order_id=….',
};

/** The id in the address, in lower case; null if it is no UUID. UUIDs are read in upper and lower case (RFC 9562 §4). */
export function paymentIdOf(request: FastifyRequest): string | null {
  const id = (request.params as { readonly id: string }).id.toLowerCase();
  return isUuid(id) ? id : null;
}

/** `GET /v1/payments/:id` */
export function paymentHandler({ payonce }: RouteContext): Handler {
  return async (request, reply) => {
    const id = paymentIdOf(request);
    const payment = id === null ? null : await payonce.payment(accountOf(request), id);
    if (payment === null) {
      sendProblem(reply, NO_SUCH_PAYMENT, PROBLEM_JSON);
    } else {
      notePayment(reply, payment.paymentId);
      sendJson(reply, 200, JSON.stringify(paymentNowFields(payment)));
    }
    return reply;
  };
}

/** `GET /v1/payments?order_id=&status=&limit=&cursor=`: newest first. */
export function paymentsHandler({ payonce }: RouteContext): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['order_id', 'status', 'limit', 'cursor'], errors);
    const filter = readFilter(values, errors);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    // One more than a page, to know whether another follows.
    const rows = await payonce.payments(accountOf(request), { ...filter, limit: limit + 1 });
    const next = rows.length > limit ? rows[limit - 1]?.paymentId : undefined;
    sendPage(reply, 'payments', rows.slice(0, limit).map(paymentNowFields), next);
    return reply;
  };
}

/** `GET /v1/payments/:id/events?limit=&cursor=`: oldest first. */
export function eventsHandler({ payonce }: RouteContext): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['limit', 'cursor'], errors);
    const after = readSeqCursor('events', values, errors);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    const id = paymentIdOf(request);
    const rows =
      id === null ? null : await payonce.events(accountOf(request), id, { after, limit: limit + 1 });
    if (id === null || rows === null) {
      sendProblem(reply, NO_SUCH_PAYMENT, PROBLEM_JSON);
      return reply;
    }
    notePayment(reply, id);
    const next = rows.length > limit ? rows[limit - 1]?.seq : undefined;
    sendPage(reply, 'events', rows.slice(0, limit).map(eventFields), next?.toString());
    return reply;
  };
}

function readFilter(values: ReadonlyMap<string, string>, errors: FieldError[]): Omit<ListFilter, 'limit'> {
  const orderId = values.get('order_id');
  const complaint = orderId === undefined ? null : orderIdComplaint(orderId);
  if (complaint !== null) errors.push({ parameter: 'order_id', detail: complaint.detail });
  const text = values.get('status');
  const status = PAYMENT_STATUSES.find((each) => each === text);
  if (text !== undefined && status === undefined) {
    errors.push({ parameter: 'status', detail: `must be one of ${PAYMENT_STATUSES.join(', ')}` });
  }
  const before = readIdCursor('payments', values, errors);
  return {
    ...(orderId === undefined ? {} : { orderId }),
    ...(status === undefined ? {} : { status: status satisfies PaymentStatus }),
    ...(before === undefined ? {} : { before }),
  };
}

function eventFields(event: PaymentEvent): Record<string, unknown> {
  return {
    seq: event.seq,
    type: event.type,
    status: event.status,
    charge: event.chargeN,
    attempts: event.attempts,
    detail: event.detail,
    at: new Date(event.atMs).toISOString(),
  };
}
