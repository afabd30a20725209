/** The handler of a request that moves money: it reads the request, asks the engine, and sends the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Payonce } from '../engine/api.ts';
import { PROBLEM_JSON, sendError, sendProblem } from './answer.ts';
import type { FieldError } from './field-errors.ts';
import type { Preference } from './prefer.ts';
import type { Problem } from './problem.ts';
import type { RouteContext } from './route-context.ts';

/** What a request asks for, or the problem with it. `applied`: the preference that is followed. */
export type ReadWrite<Wanted> =
  | { readonly kind: 'wanted'; readonly wanted: Wanted; readonly applied: Preference['applied'] }
  | { readonly kind: 'problem'; readonly problem: Problem };

export interface Write<Wanted, Answer> {
  read(request: FastifyRequest, context: RouteContext): ReadWrite<Wanted>;
  ask(payonce: Payonce, wanted: Wanted): Promise<Answer>;
  send(reply: FastifyReply, answer: Answer, wanted: Wanted): void;
}

/** A callback handler: the engine finishes the work whether or not the client is still there. */
export function writeHandler<Wanted, Answer>(
  context: RouteContext,
  { read, ask, send }: Write<Wanted, Answer>,
): (request: FastifyRequest, reply: FastifyReply) => void {
  return (request, reply) => {
    const asked = read(request, context);
    if (asked.kind === 'problem') {
      sendProblem(reply, asked.problem, PROBLEM_JSON);
      return;
    }
    ask(context.payonce, asked.wanted).then(
      (answer) => {
        if (asked.applied !== null) void reply.header('preference-applied', asked.applied);
        send(reply, answer, asked.wanted);
      },
      (error: unknown) => sendError(reply, error, context.logger, PROBLEM_JSON),
    );
  };
}

/** The problem with a body that lists what is wrong with it. `again`: what to do then. */
export function badBody(
  { code, errors }: { readonly code: Problem['code']; readonly errors: readonly FieldError[] },
  again: string,
): Problem {
  const detail = `Nothing was stored or sent. Correct what errors lists, and ${again}.`;
  return { code, detail, errors };
}
