/** `POST /v1/payments/:id/refunds`: gives money back at most once and answers with the outcome. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Refund } from '../domain/refund.ts';
import type { RefundAnswer, RefundOptions, RefundWanted } from '../engine/api.ts';
import { refundFields } from '../engine/refunding/answer.ts';
import { accountOf } from './account.ts';
import { type FollowUpView, sendFollowUp } from './follow-up-answer.ts';
import type { Problem } from './problem.ts';
import { NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import { parseRefund } from './refund-body.ts';
import { type RouteContext, readBody } from './route-context.ts';
import { badBody, type ReadWrite, writeHandler } from './write-handler.ts';
import { readWriteOptions } from './write-options.ts';

/** The scope of this route's keys, whatever the payment. It is stored with every key: never change it. */
const KEY_ROUTE = 'POST /v1/payments/{payment_id}/refunds';

const NO_IDENTITY: Problem = {
  code: 'refund_identity_required',
  detail:
    'Nothing was stored or sent. Send a refund_id in the body or an Idempotency-Key in the headers, so that the same request, sent twice, refunds once.',
};

interface Asked {
  readonly wanted: RefundWanted;
  readonly options: RefundOptions;
}

export function refundHandler(context: RouteContext): (request: FastifyRequest, reply: FastifyReply) => void {
  return writeHandler<Asked, RefundAnswer>(context, {
    read: readRefund,
    ask: (payonce, { wanted, options }) => payonce.refund(wanted, options),
    send: (reply, answer, { wanted }) => sendFollowUp(reply, wanted.paymentId, answer, VIEW),
  });
}

/** Reports everything that is wrong with the body at once. Then the headers are checked, and the address last. */
function readRefund(request: FastifyRequest, context: RouteContext): ReadWrite<Asked> {
  const body = readBody(request);
  if (body.kind === 'problem') return body;
  const parsed = parseRefund(body.value, accountOf(request));
  if (parsed.kind === 'refused')
    return { kind: 'problem', problem: badBody(parsed, 'send the refund again') };
  const headers = readWriteOptions(request, context, KEY_ROUTE);
  if (headers.kind === 'problem') return headers;
  const { options, applied } = headers;
  if (parsed.refund.refundId === null && options.key === undefined)
    return { kind: 'problem', problem: NO_IDENTITY };
  const paymentId = paymentIdOf(request);
  if (paymentId === null) return { kind: 'problem', problem: NO_SUCH_PAYMENT };
  return { kind: 'wanted', wanted: { wanted: { ...parsed.refund, paymentId }, options }, applied };
}

const VIEW: FollowUpView<Refund> = {
  fields: refundFields,
  // A refund's id may hold anything, so it is encoded.
  locationOf: (paymentId, refundId) => `/v1/payments/${paymentId}/refunds/${encodeURIComponent(refundId)}`,
  nameOf: ({ refundId }) => refundId,
  attached: (refund) => ({ refund }),
};
