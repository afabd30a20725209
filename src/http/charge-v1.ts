/** `POST /v1/payments`: charges an order at most once and answers with the outcome. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Order } from '../domain/payment.ts';
import { paymentFields } from '../engine/answer.ts';
import type { ChargeAnswer, ChargeOptions } from '../engine/api.ts';
import { notePayment } from './access-log.ts';
import { PROBLEM_JSON, sendError, sendJson, sendProblem } from './answer.ts';
import { sendFrozen } from './frozen.ts';
import { parseOrder } from './order.ts';
import type { Preference } from './prefer.ts';
import { type Problem, wholeSeconds } from './problem.ts';
import { type RouteContext, readBody } from './route-context.ts';
import { readWriteOptions } from './write-options.ts';

/** The scope of this route's keys. It is stored with every key: never change it. */
const KEY_ROUTE = 'POST /v1/payments';

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
    return { kind: 'problem', problem: { code, detail, errors } };
  }
  const headers = readWriteOptions(request, context, KEY_ROUTE);
  if (headers.kind === 'problem') return headers;
  const { giveUpAfterS } = parsed;
  const options = { ...headers.options, ...(giveUpAfterS === null ? {} : { giveUpAfterS }) };
  return { kind: 'charge', order: parsed.order, options, applied: headers.applied };
}

function sendAnswer(reply: FastifyReply, answer: ChargeAnswer): void {
  if (answer.replayed) void reply.header('idempotent-replayed', 'true');
  switch (answer.kind) {
    case 'settled': {
      const { frozen, started, paymentId } = answer;
      notePayment(reply, paymentId);
      sendFrozen(reply, { frozen, started, location: locationOf(paymentId) });
      return;
    }
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

function locationOf(paymentId: string): string {
  return `/v1/payments/${paymentId}`;
}
