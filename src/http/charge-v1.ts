/** `POST /v1/payments`: charges an order at most once and answers with the outcome. */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Order } from '../domain/payment.ts';
import { PROBLEMS } from '../domain/problems.ts';
import { paymentFields } from '../engine/answer.ts';
import type { ChargeAnswer, ChargeOptions } from '../engine/api.ts';
import { notePayment, noteProblem } from './access-log.ts';
import { JSON_TYPE, PROBLEM_JSON, sendError, sendJson, sendProblem } from './answer.ts';
import { readIdempotencyKey } from './idempotency-key.ts';
import { parseOrder } from './order.ts';
import { type Preference, readPreference } from './prefer.ts';
import { PROBLEM_TYPE, type Problem, wholeSeconds } from './problem.ts';
import { type RouteContext, readBody } from './route-context.ts';

/** The scope of this route's keys. It is stored with every key: never change it. */
const KEY_ROUTE = 'POST /v1/payments';

/** Set early, so that every answer has the header, whatever goes wrong. Only an answer to a key seen before says `true`. */
export const markNotReplayed: onRequestHookHandler = (_request, reply, done) => {
  void reply.header('idempotent-replayed', 'false');
  done();
};

/** A callback handler: the engine finishes the charge whether or not the client is still there. */
export function chargeHandler(context: RouteContext): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    const charge = readCharge(request, context);
    if (charge.kind === 'problem') {
      sendProblem(reply, charge.problem, PROBLEM_JSON);
      return;
    }
    context.payonce.charge(charge.order, charge.options).then(
      (answer) => {
        if (charge.applied !== null) void reply.header('preference-applied', charge.applied);
        sendAnswer(reply, answer);
      },
      (error: unknown) => sendError(reply, error, context.logger, PROBLEM_JSON),
    );
  };
}

type ReadCharge =
  | {
      readonly kind: 'charge';
      readonly order: Order;
      readonly options: ChargeOptions;
      readonly applied: Preference['applied'];
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Reports everything that is wrong with the body at once. The header is checked after it. */
function readCharge(request: FastifyRequest, context: RouteContext): ReadCharge {
  const body = readBody(request);
  if (body.kind === 'problem') return body;
  const parsed = parseOrder(body.value);
  if (parsed.kind === 'refused') {
    const { code, errors } = parsed;
    const detail = 'Nothing was stored or sent. Correct what errors lists, and send the order again.';
    return problem({ code, detail, errors });
  }
  const header = readIdempotencyKey(request.raw.rawHeaders);
  if (header.kind === 'invalid') return problem({ code: 'idempotency_key_invalid', detail: header.detail });
  if (header.kind === 'card_number') return problem({ code: 'card_number_refused', detail: header.detail });
  const { waitMs, applied } = readPreference(request.headers.prefer, context.waits);
  const options: ChargeOptions = {
    waitMs,
    ...(header.kind === 'key' ? { key: { route: KEY_ROUTE, key: header.key } } : {}),
    ...(parsed.giveUpAfterS === null ? {} : { giveUpAfterS: parsed.giveUpAfterS }),
  };
  return { kind: 'charge', order: parsed.order, options, applied };
}

function problem(found: Problem): ReadCharge {
  return { kind: 'problem', problem: found };
}

function sendAnswer(reply: FastifyReply, answer: ChargeAnswer): void {
  if (answer.replayed) void reply.header('idempotent-replayed', 'true');
  switch (answer.kind) {
    case 'settled':
      sendSettled(reply, answer);
      return;
    case 'unsettled': {
      const { payment, retryAfterMs } = answer;
      notePayment(reply, payment.paymentId);
      void reply
        .header('retry-after', wholeSeconds(retryAfterMs))
        .header('location', locationOf(payment.paymentId));
      sendJson(reply, 202, JSON.stringify({ ...paymentFields(payment), retry_after_ms: retryAfterMs }));
      return;
    }
    case 'problem':
      if (answer.payment !== undefined) notePayment(reply, answer.payment.paymentId);
      sendProblem(reply, answer, PROBLEM_JSON);
  }
}

/** The frozen body is sent as it is, byte for byte. Only the status differs: 201 for the request that started the charge, else 200. */
function sendSettled(reply: FastifyReply, answer: Extract<ChargeAnswer, { kind: 'settled' }>): void {
  const { frozen, paymentId, started } = answer;
  notePayment(reply, paymentId);
  if (frozen.problem !== null) noteProblem(reply, frozen.problem);
  else if (started) void reply.header('location', locationOf(paymentId));
  const status = frozen.problem === null ? (started ? 201 : 200) : PROBLEMS[frozen.problem].status;
  void reply
    .code(status)
    .header('content-type', frozen.problem === null ? JSON_TYPE : PROBLEM_TYPE)
    .header('cache-control', 'no-store')
    .send(frozen.body);
}

function locationOf(paymentId: string): string {
  return `/v1/payments/${paymentId}`;
}
