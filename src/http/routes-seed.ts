/**
 * The API of the demo that Payonce grew from, kept exactly: an amount in US dollars as a JSON number, bodies of one or two fields,
 * addresses that end in a slash. `Idempotency-Key` and `Prefer` have no effect here; the order id alone guards against a second charge.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { exponentOf } from '../domain/currencies.ts';
import { decimalFromMinor } from '../domain/money.ts';
import type { Payment } from '../domain/payment.ts';
import { PROBLEMS } from '../domain/problems.ts';
import type { ChargeAnswer } from '../engine/api.ts';
import { notePayment, noteProblem } from './access-log.ts';
import { accountOf } from './account.ts';
import { JSON_TYPE, type ProblemStyle, sendError, sendJson, sendProblem } from './answer.ts';
import { asSentence } from './field-errors.ts';
import { DEMO_PAYMENT, DEMO_START } from './openapi/operations/demo.ts';
import { parseSeedOrder } from './order.ts';
import { wholeSeconds } from './problem.ts';
import { NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import { type RouteContext, readBody } from './route-context.ts';
import type { Route } from './routes.ts';

/** `{"error": "<sentence>", "code": …}`; with a `payment_id` if it is about a payment. */
export const SEED_STYLE: ProblemStyle = {
  contentType: JSON_TYPE,
  body: ({ code, detail, errors, payment }) => {
    const more = errors === undefined ? detail : `${asSentence(errors)}. Nothing was stored or sent.`;
    const error = `${PROBLEMS[code].title}: ${more}`;
    return JSON.stringify(
      payment === undefined ? { error, code } : { error, code, payment_id: payment.paymentId },
    );
  },
};

const GATEWAY_ERROR = '{"error":"Gateway error"}';

export const SEED_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/payments/start/',
    scope: 'payments:write',
    describe: DEMO_START,
    handler: startHandler,
  },
  {
    method: 'GET',
    path: '/payments/:id/',
    scope: 'payments:read',
    describe: DEMO_PAYMENT,
    handler: trackHandler,
  },
];

/** `POST /payments/start/` → 200 `{"payment_id"}`; 502 if it is proved that nothing was charged; 202 if nothing is proved yet. */
function startHandler({ payonce, logger, seedWaitMs }: RouteContext) {
  return (request: FastifyRequest, reply: FastifyReply): void => {
    const body = readBody(request);
    if (body.kind === 'problem') {
      sendProblem(reply, body.problem, SEED_STYLE);
      return;
    }
    const parsed = parseSeedOrder(body.value, accountOf(request));
    if (parsed.kind === 'refused') {
      sendProblem(reply, { ...parsed, detail: '' }, SEED_STYLE);
      return;
    }
    payonce.charge(parsed.order, { waitMs: seedWaitMs }).then(
      (answer) => sendStarted(reply, answer),
      (error: unknown) => sendError(reply, error, logger, SEED_STYLE),
    );
  };
}

function sendStarted(reply: FastifyReply, answer: ChargeAnswer): void {
  switch (answer.kind) {
    case 'settled':
      notePayment(reply, answer.paymentId);
      if (answer.frozen.problem === null) {
        sendJson(reply, 200, JSON.stringify({ payment_id: answer.paymentId }));
      } else {
        // The seed has one answer for every failure. A decline is a failure, too.
        noteProblem(reply, answer.frozen.problem);
        sendJson(reply, 502, GATEWAY_ERROR);
      }
      return;
    case 'unsettled': {
      const { paymentId } = answer.payment;
      notePayment(reply, paymentId);
      void reply
        .header('retry-after', wholeSeconds(answer.retryAfterMs))
        .header('location', `/payments/${paymentId}/`);
      sendJson(reply, 202, JSON.stringify({ payment_id: paymentId }));
      return;
    }
    case 'problem':
      if (answer.payment !== undefined) notePayment(reply, answer.payment.paymentId);
      sendProblem(reply, answer, SEED_STYLE);
  }
}

/** `GET /payments/<id>/` */
function trackHandler({ payonce }: RouteContext) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const id = paymentIdOf(request);
    const payment = id === null ? null : await payonce.payment(accountOf(request), id);
    if (payment === null) {
      sendProblem(reply, NO_SUCH_PAYMENT, SEED_STYLE);
    } else {
      notePayment(reply, payment.paymentId);
      sendJson(reply, 200, seedPayment(payment));
    }
    return reply;
  };
}

/** Written by hand: the amount is a number with exactly its currency's decimals, which JSON.stringify cannot write. */
function seedPayment(payment: Payment): string {
  const exponent = exponentOf(payment.currency);
  if (exponent === undefined) throw new RangeError('A payment has a currency that is not in the list.');
  const { payment_id, order_id, ...rest } = {
    payment_id: payment.paymentId,
    order_id: payment.orderId,
    status: payment.status,
    attempts: payment.attempts,
    created_at: new Date(payment.createdAtMs).toISOString(),
    updated_at: new Date(payment.updatedAtMs).toISOString(),
  };
  const amount = decimalFromMinor(payment.amountMinor, exponent);
  const before = JSON.stringify({ payment_id, order_id }).slice(0, -1);
  return `${before},"amount":${amount},${JSON.stringify(rest).slice(1)}`;
}
