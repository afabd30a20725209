/** `POST /v1/payments`: charges an order at most once and answers with the outcome. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Order } from '../domain/payment.ts';
import { paymentFields } from '../engine/answer.ts';
import type { ChargeAnswer, ChargeOptions } from '../engine/api.ts';
import { notePayment } from './access-log.ts';
import { accountOf } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import { sendFrozen } from './frozen.ts';
import { parseOrder } from './order.ts';
import { wholeSeconds } from './problem.ts';
import { type RouteContext, readBody } from './route-context.ts';
import { badBody, type ReadWrite, writeHandler } from './write-handler.ts';
import { readWriteOptions } from './write-options.ts';

/** The scope of this route's keys. It is stored with every key: never change it. */
const KEY_ROUTE = 'POST /v1/payments';

interface Asked {
  readonly order: Order;
  readonly options: ChargeOptions;
}

export function chargeHandler(context: RouteContext): (request: FastifyRequest, reply: FastifyReply) => void {
  return writeHandler<Asked, ChargeAnswer>(context, {
    read: readCharge,
    ask: (payonce, { order, options }) => payonce.charge(order, options),
    send: sendAnswer,
  });
}

/** Reports everything that is wrong with the body at once. The header is checked after it. */
function readCharge(request: FastifyRequest, context: RouteContext): ReadWrite<Asked> {
  const body = readBody(request);
  if (body.kind === 'problem') return body;
  const parsed = parseOrder(body.value, accountOf(request));
  if (parsed.kind === 'refused') return { kind: 'problem', problem: badBody(parsed, 'send the order again') };
  const headers = readWriteOptions(request, context, KEY_ROUTE);
  if (headers.kind === 'problem') return headers;
  const { giveUpAfterS, order } = parsed;
  const options = { ...headers.options, ...(giveUpAfterS === null ? {} : { giveUpAfterS }) };
  return { kind: 'wanted', wanted: { order, options }, applied: headers.applied };
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
