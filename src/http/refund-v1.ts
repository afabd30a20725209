/** `POST /v1/payments/:id/refunds`: gives money back at most once and answers with the outcome. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefundAnswer, RefundOptions, RefundWanted } from '../engine/api.ts';
import { refundFields } from '../engine/refunding/answer.ts';
import { notePayment } from './access-log.ts';
import { PROBLEM_JSON, sendError, sendJson, sendProblem } from './answer.ts';
import { sendFrozen } from './frozen.ts';
import type { Preference } from './prefer.ts';
import { type Problem, wholeSeconds } from './problem.ts';
import { NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import { parseRefund } from './refund-body.ts';
import { type RouteContext, readBody } from './route-context.ts';
import { readWriteOptions } from './write-options.ts';

/** The scope of this route's keys, whatever the payment. It is stored with every key: never change it. */
const KEY_ROUTE = 'POST /v1/payments/{payment_id}/refunds';

const NO_IDENTITY: Problem = {
  code: 'refund_identity_required',
  detail:
    'Nothing was stored or sent. Send a refund_id in the body or an Idempotency-Key in the headers, so that the same request, sent twice, refunds once.',
};

/** A callback handler: the engine finishes the refund whether or not the client is still there. */
export function refundHandler(context: RouteContext): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    const read = readRefund(request, context);
    if (read.kind === 'problem') {
      sendProblem(reply, read.problem, PROBLEM_JSON);
      return;
    }
    context.payonce.refund(read.wanted, read.options).then(
      (answer) => {
        if (read.applied !== null) void reply.header('preference-applied', read.applied);
        sendAnswer(reply, read.wanted.paymentId, answer);
      },
      (error: unknown) => sendError(reply, error, context.logger, PROBLEM_JSON),
    );
  };
}

type ReadRefundRequest =
  | {
      readonly kind: 'refund';
      readonly wanted: RefundWanted;
      readonly options: RefundOptions;
      readonly applied: Preference['applied'];
    }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Reports everything that is wrong with the body at once. Then the headers are checked, and the address last. */
function readRefund(request: FastifyRequest, context: RouteContext): ReadRefundRequest {
  const body = readBody(request);
  if (body.kind === 'problem') return body;
  const parsed = parseRefund(body.value);
  if (parsed.kind === 'refused') {
    const { code, errors } = parsed;
    const detail = 'Nothing was stored or sent. Correct what errors lists, and send the refund again.';
    return { kind: 'problem', problem: { code, detail, errors } };
  }
  const headers = readWriteOptions(request, context, KEY_ROUTE);
  if (headers.kind === 'problem') return headers;
  const { options, applied } = headers;
  if (parsed.refund.refundId === null && options.key === undefined)
    return { kind: 'problem', problem: NO_IDENTITY };
  const paymentId = paymentIdOf(request);
  if (paymentId === null) return { kind: 'problem', problem: NO_SUCH_PAYMENT };
  return { kind: 'refund', wanted: { ...parsed.refund, paymentId }, options, applied };
}

function sendAnswer(reply: FastifyReply, paymentId: string, answer: RefundAnswer): void {
  if (answer.replayed) void reply.header('idempotent-replayed', 'true');
  if (answer.kind !== 'problem' || answer.code !== 'payment_not_found') notePayment(reply, paymentId);
  switch (answer.kind) {
    case 'settled': {
      const { frozen, started, refundId } = answer;
      sendFrozen(reply, { frozen, started, location: locationOf(paymentId, refundId) });
      return;
    }
    case 'accepted': {
      const { refund, started } = answer;
      if (started) void reply.header('location', locationOf(paymentId, refund.refundId));
      sendJson(reply, started ? 201 : 200, JSON.stringify(refundFields(refund)));
      return;
    }
    case 'unsettled': {
      const { refund, retryAfterMs } = answer;
      void reply
        .header('retry-after', wholeSeconds(retryAfterMs))
        .header('location', locationOf(paymentId, refund.refundId));
      sendJson(reply, 202, JSON.stringify({ ...refundFields(refund), retry_after_ms: retryAfterMs }));
      return;
    }
    case 'problem':
      sendProblem(reply, answer, PROBLEM_JSON);
  }
}

/** A refund's id may hold anything, so it is encoded. */
function locationOf(paymentId: string, refundId: string): string {
  return `/v1/payments/${paymentId}/refunds/${encodeURIComponent(refundId)}`;
}
