/** What an operator may do about a payment, a refund, a capture or a void: have it looked up now, and state how it ended. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FollowUpKind } from '../domain/effects.ts';
import type { OperatorAnswer, OperatorTarget } from '../engine/api.ts';
import { notePayment } from './access-log.ts';
import { accountOf, actorOf } from './account.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import { exclusiveNowFields } from './exclusive-now.ts';
import { EXCLUSIVE_READINGS } from './exclusive-reads-v1.ts';
import type { Reading } from './follow-up-reads-v1.ts';
import { parseLook, parseResolution } from './operator-body.ts';
import { paymentNowFields } from './payment-now.ts';
import { type Problem, wholeSeconds } from './problem.ts';
import { type Handler, NO_SUCH_PAYMENT, paymentIdOf } from './read-v1.ts';
import { refundNowFields } from './refund-now.ts';
import { REFUND_READING } from './refund-reads-v1.ts';
import { type RouteContext, readBody, readBodyIfAny } from './route-context.ts';
import { badBody } from './write-handler.ts';

type What = 'payment' | FollowUpKind;

/** How the address of each kind of follow-up is read. */
const READINGS: Readonly<Record<FollowUpKind, Pick<Reading<unknown, string | null>, 'nameOf' | 'missing'>>> =
  { refund: REFUND_READING, ...EXCLUSIVE_READINGS };

/** `POST …/look-now`. The body may be left out. */
export function lookNowHandler({ payonce }: RouteContext, what: What): Handler {
  return async (request, reply) => {
    const body = readBodyIfAny(request);
    if (body.kind === 'problem') return refuse(reply, body.problem);
    const parsed = parseLook(body.value);
    if (parsed.kind === 'refused') return refuse(reply, badBody(parsed, 'send it again'));
    const target = targetOf(request, what);
    if ('code' in target) return refuse(reply, target);
    return sendAnswer(
      reply,
      target,
      await payonce.lookNow({ ...target, actor: actorOf(request, parsed.actor) }),
    );
  };
}

/** `POST …/resolve` */
export function resolveHandler({ payonce }: RouteContext, what: What): Handler {
  return async (request, reply) => {
    const body = readBody(request);
    if (body.kind === 'problem') return refuse(reply, body.problem);
    const parsed = parseResolution(body.value, what, accountOf(request));
    if (parsed.kind === 'refused') return refuse(reply, badBody(parsed, 'send it again'));
    const target = targetOf(request, what);
    if ('code' in target) return refuse(reply, target);
    const { wish: stated, evidence } = parsed.resolution;
    const wish = { ...stated, actor: actorOf(request, stated.actor) ?? stated.actor };
    return sendAnswer(reply, target, await payonce.resolve({ ...target, wish, evidence }));
  };
}

function targetOf(request: FastifyRequest, what: What): OperatorTarget | Problem {
  const paymentId = paymentIdOf(request);
  if (paymentId === null) return NO_SUCH_PAYMENT;
  const accountId = accountOf(request);
  if (what === 'payment') return { accountId, paymentId, followUp: null };
  const { nameOf, missing } = READINGS[what];
  const named = nameOf(request);
  if (named === null) return missing;
  return { accountId, paymentId, followUp: { kind: what, name: named.name } };
}

function refuse(reply: FastifyReply, problem: Problem): FastifyReply {
  sendProblem(reply, problem, PROBLEM_JSON);
  return reply;
}

/** A worker looks next, so there is news soon. */
const RETRY_AFTER_MS = 1000;

/** 202: it was taken. What follows from it can be read. */
function sendAnswer(
  reply: FastifyReply,
  { paymentId }: OperatorTarget,
  answer: OperatorAnswer,
): FastifyReply {
  if (answer.kind !== 'problem' || answer.code !== 'payment_not_found') notePayment(reply, paymentId);
  if (answer.kind === 'problem') return refuse(reply, answer);
  const fields = fieldsOf(answer);
  const isOpen = 'retry_after_ms' in fields;
  if (isOpen) void reply.header('retry-after', wholeSeconds(RETRY_AFTER_MS));
  sendJson(reply, 202, JSON.stringify(isOpen ? { ...fields, retry_after_ms: RETRY_AFTER_MS } : fields));
  return reply;
}

function fieldsOf(answer: Exclude<OperatorAnswer, { kind: 'problem' }>): Record<string, unknown> {
  switch (answer.kind) {
    case 'payment':
      return paymentNowFields(answer.payment);
    case 'refund':
      return refundNowFields(answer.refund);
    case 'exclusive':
      return exclusiveNowFields(answer.exclusive);
  }
}
