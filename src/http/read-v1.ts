/** The reading half of /v1: one payment, pages of payments, the audit trail of a payment. Always from the primary database. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isUuid } from '../domain/ids.ts';
import { orderIdComplaint } from '../domain/order-rules.ts';
import { PAYMENT_STATUSES, type PaymentEvent, type PaymentStatus } from '../domain/payment.ts';
import { paymentFields } from '../engine/answer.ts';
import type { ListFilter } from '../engine/api.ts';
import { notePayment } from './access-log.ts';
import { DEFAULT_ACCOUNT } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import { type CursorKind, decodeCursor, encodeCursor } from './cursor.ts';
import type { FieldError } from './field-errors.ts';
import type { Problem } from './problem.ts';
import { readLimit, readQuery } from './query.ts';
import type { RouteContext } from './route-context.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

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
    const payment = id === null ? null : await payonce.payment(DEFAULT_ACCOUNT, id);
    if (payment === null) {
      sendProblem(reply, NO_SUCH_PAYMENT, PROBLEM_JSON);
    } else {
      notePayment(reply, payment.paymentId);
      sendJson(reply, 200, JSON.stringify(paymentFields(payment)));
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
    const rows = await payonce.payments(DEFAULT_ACCOUNT, { ...filter, limit: limit + 1 });
    const next = rows.length > limit ? rows[limit - 1]?.paymentId : undefined;
    sendPage(reply, 'payments', rows.slice(0, limit).map(paymentFields), next);
    return reply;
  };
}

/** `GET /v1/payments/:id/events?limit=&cursor=`: oldest first. */
export function eventsHandler({ payonce }: RouteContext): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['limit', 'cursor'], errors);
    const after = Number(readCursor('events', /^[1-9][0-9]{0,14}$/, values, errors) ?? 0);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    const id = paymentIdOf(request);
    const rows = id === null ? null : await payonce.events(DEFAULT_ACCOUNT, id, { after, limit: limit + 1 });
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
  const before = readCursor('payments', null, values, errors);
  return {
    ...(orderId === undefined ? {} : { orderId }),
    ...(status === undefined ? {} : { status: status satisfies PaymentStatus }),
    ...(before === undefined ? {} : { before }),
  };
}

/** The position in a cursor. `shape`: what it must look like; null for a UUID. */
function readCursor(
  kind: CursorKind,
  shape: RegExp | null,
  values: ReadonlyMap<string, string>,
  errors: FieldError[],
): string | undefined {
  const text = values.get('cursor');
  if (text === undefined) return undefined;
  const position = decodeCursor(kind, text);
  if (position !== null && (shape === null ? isUuid(position) : shape.test(position))) return position;
  errors.push({ parameter: 'cursor', detail: 'is not the next_cursor of this kind of list' });
  return undefined;
}

function invalidQuery(errors: readonly FieldError[]): Problem {
  return {
    code: 'invalid_request',
    detail: 'Correct what errors lists, and send the query again.',
    errors,
  };
}

function sendPage(
  reply: FastifyReply,
  kind: CursorKind,
  data: readonly unknown[],
  next: string | undefined,
): void {
  const cursor = next === undefined ? null : encodeCursor(kind, next);
  sendJson(reply, 200, JSON.stringify({ data, next_cursor: cursor }));
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
