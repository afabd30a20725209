/** `POST /v1/payments/:id/capture` and `/void`: ends an authorisation at most once and answers with the outcome. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CaptureOrVoid } from '../domain/capture-or-void.ts';
import type { ExclusiveKind } from '../domain/effects.ts';
import type { ExclusiveAnswer, ExclusiveOptions, ExclusiveWanted } from '../engine/api.ts';
import { exclusiveFields } from '../engine/capturing/answer.ts';
import { accountOf } from './account.ts';
import { parseExclusive } from './exclusive-body.ts';
import { type FollowUpView, sendFollowUp } from './follow-up-answer.ts';
import { NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import { type RouteContext, readBodyIfAny } from './route-context.ts';
import { badBody, type ReadWrite, writeHandler } from './write-handler.ts';
import { readWriteOptions } from './write-options.ts';

/** The scope of these routes' keys, whatever the payment. It is stored with every key: never change it. */
const KEY_ROUTES = {
  capture: 'POST /v1/payments/{payment_id}/capture',
  void: 'POST /v1/payments/{payment_id}/void',
} as const;

interface Asked {
  readonly wanted: ExclusiveWanted;
  readonly options: ExclusiveOptions;
}

export function exclusiveHandler(
  context: RouteContext,
  kind: ExclusiveKind,
): (request: FastifyRequest, reply: FastifyReply) => void {
  return writeHandler<Asked, ExclusiveAnswer>(context, {
    read: (request) => readWanted(request, context, kind),
    ask: (payonce, { wanted, options }) => payonce[kind](wanted, options),
    send: (reply, answer, { wanted }) => sendFollowUp(reply, wanted.paymentId, answer, viewOf(kind)),
  });
}

/** Reports everything that is wrong with the body at once. Then the headers are checked, and the address last. */
function readWanted(request: FastifyRequest, context: RouteContext, kind: ExclusiveKind): ReadWrite<Asked> {
  const body = readBodyIfAny(request);
  if (body.kind === 'problem') return body;
  const parsed = parseExclusive(kind, body.value, accountOf(request));
  if (parsed.kind === 'refused')
    return { kind: 'problem', problem: badBody(parsed, `send the ${kind} again`) };
  const headers = readWriteOptions(request, context, KEY_ROUTES[kind]);
  if (headers.kind === 'problem') return headers;
  const { options, applied } = headers;
  const paymentId = paymentIdOf(request);
  if (paymentId === null) return { kind: 'problem', problem: NO_SUCH_PAYMENT };
  return { kind: 'wanted', wanted: { wanted: { ...parsed.exclusive, paymentId }, options }, applied };
}

function viewOf(kind: ExclusiveKind): FollowUpView<CaptureOrVoid> {
  return {
    fields: exclusiveFields,
    locationOf: (paymentId) => `/v1/payments/${paymentId}/${kind}`,
    nameOf: ({ operation }) => operation,
    attached: (exclusive) => ({ exclusive }),
  };
}
