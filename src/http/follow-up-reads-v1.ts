/** The reading half of follow-ups: one of them, pages of a payment's, and the audit trail of one. The same for every kind. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { EventFilter, Payonce } from '../engine/api.ts';
import { notePayment } from './access-log.ts';
import { accountOf } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import type { CursorKind } from './cursor.ts';
import type { FieldError } from './field-errors.ts';
import { invalidQuery, readIdCursor, readSeqCursor, sendPage } from './pages.ts';
import type { Problem } from './problem.ts';
import { readLimit, readQuery } from './query.ts';
import { type Handler, NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import type { RouteContext } from './route-context.ts';

/** What an address names. `name` null: the last one of its kind. */
export interface Named<Name> {
  readonly paymentId: string;
  readonly name: Name;
}

/** How one kind is read. `Now`: one as it is read. The methods answer null if there is no such payment, or no such follow-up. */
export interface Reading<Now, Name extends string | null = string> {
  readonly eventsCursor: CursorKind;
  /** The one that the address names, decoded. Null: nothing can have these names. */
  nameOf(request: FastifyRequest): Named<Name> | null;
  find(payonce: Payonce, accountId: string, named: Named<Name>): Promise<Now | null>;
  events(
    payonce: Payonce,
    accountId: string,
    named: Named<Name>,
    filter: EventFilter,
  ): Promise<readonly Event[] | null>;
  /** Its fields, in their documented order. */
  fields(now: Now): Record<string, unknown>;
  /** The problem if the payment has none of this name. */
  readonly missing: Problem;
}

/** How the pages of one kind are read. Null: there is no such payment. */
export interface Listing<Now> extends Pick<Reading<Now>, 'fields'> {
  readonly pageCursor: CursorKind;
  list(payonce: Payonce, accountId: string, paymentId: string, filter: PageFilter): Promise<Page<Now> | null>;
}

interface PageFilter {
  readonly limit: number;
  readonly before?: string;
}

interface Page<Now> {
  readonly shown: readonly Now[];
  readonly next: string | null;
}

interface Event {
  readonly seq: number;
  readonly type: string;
  readonly status: string;
  readonly attempts: number;
  readonly detail: string | null;
  readonly atMs: number;
}

/** `?limit=&cursor=`: newest first. */
export function pageHandler<Now>(
  { payonce }: RouteContext,
  { pageCursor, list, fields }: Listing<Now>,
): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['limit', 'cursor'], errors);
    const before = readIdCursor(pageCursor, values, errors);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    const id = paymentIdOf(request);
    const filter = { limit, ...(before === undefined ? {} : { before }) };
    const page = id === null ? null : await list(payonce, accountOf(request), id, filter);
    if (id === null || page === null) {
      sendProblem(reply, NO_SUCH_PAYMENT, PROBLEM_JSON);
      return reply;
    }
    notePayment(reply, id);
    sendPage(reply, pageCursor, page.shown.map(fields), page.next);
    return reply;
  };
}

export function oneHandler<Now, Name extends string | null>(
  context: RouteContext,
  reading: Reading<Now, Name>,
): Handler {
  return async (request, reply) => {
    const named = reading.nameOf(request);
    const found = named && (await reading.find(context.payonce, accountOf(request), named));
    if (named === null || found === null) return sendMissing(context, reading, request, reply);
    notePayment(reply, named.paymentId);
    sendJson(reply, 200, JSON.stringify(reading.fields(found)));
    return reply;
  };
}

/** `?limit=&cursor=`: oldest first. */
export function eventsOfHandler<Now, Name extends string | null>(
  context: RouteContext,
  reading: Reading<Now, Name>,
): Handler {
  return async (request, reply) => {
    const errors: FieldError[] = [];
    const values = readQuery(request.raw.url ?? '', ['limit', 'cursor'], errors);
    const after = readSeqCursor(reading.eventsCursor, values, errors);
    const limit = readLimit(values, errors);
    if (errors.length > 0) {
      sendProblem(reply, invalidQuery(errors), PROBLEM_JSON);
      return reply;
    }
    const named = reading.nameOf(request);
    // One more than a page, to know whether another follows.
    const filter = { after, limit: limit + 1 };
    const rows = named && (await reading.events(context.payonce, accountOf(request), named, filter));
    if (named === null || rows === null) return sendMissing(context, reading, request, reply);
    notePayment(reply, named.paymentId);
    const next = rows.length > limit ? rows[limit - 1]?.seq : undefined;
    sendPage(reply, reading.eventsCursor, rows.slice(0, limit).map(eventFields), next?.toString());
    return reply;
  };
}

/** Says whether it is the payment or only the follow-up that does not exist. */
async function sendMissing(
  { payonce }: RouteContext,
  { missing }: Pick<Reading<unknown>, 'missing'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const paymentId = paymentIdOf(request);
  const payment = paymentId === null ? null : await payonce.payment(accountOf(request), paymentId);
  if (payment !== null) notePayment(reply, payment.paymentId);
  sendProblem(reply, payment === null ? NO_SUCH_PAYMENT : missing, PROBLEM_JSON);
  return reply;
}

function eventFields(event: Event): Record<string, unknown> {
  return {
    seq: event.seq,
    type: event.type,
    status: event.status,
    attempts: event.attempts,
    detail: event.detail,
    at: new Date(event.atMs).toISOString(),
  };
}
