/** Sends answers. Each body is a finished string with its content type, so that Fastify serialises and guesses nothing. */
import type { FastifyReply } from 'fastify';
import { PROBLEMS } from '../domain/problems.ts';
import { type HttpLogger, noteProblem } from './access-log.ts';
import {
  PROBLEM_TYPE,
  type Problem,
  problemBody,
  problemOf,
  retryAfterSeconds,
  unexpectedProblem,
} from './problem.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

/** How a group of routes writes its problems. */
export interface ProblemStyle {
  readonly contentType: string;
  readonly body: (problem: Problem) => string;
}

export const PROBLEM_JSON: ProblemStyle = { contentType: PROBLEM_TYPE, body: problemBody };

export function sendJson(reply: FastifyReply, status: number, body: string): void {
  void reply.code(status).header('content-type', JSON_TYPE).header('cache-control', 'no-store').send(body);
}

export function sendProblem(reply: FastifyReply, problem: Problem, style: ProblemStyle): void {
  noteProblem(reply, problem.code);
  const retryAfter = retryAfterSeconds(problem);
  if (retryAfter !== null) void reply.header('retry-after', retryAfter);
  // The next request on this connection would only get the same answer.
  if (problem.code === 'shutting_down') void reply.header('connection', 'close');
  void reply
    .code(PROBLEMS[problem.code].status)
    .header('content-type', style.contentType)
    .header('cache-control', 'no-store')
    .send(style.body(problem));
}

/** Answers with the problem for whatever was thrown. A bug in our code is logged. */
export function sendError(
  reply: FastifyReply,
  error: unknown,
  logger: HttpLogger,
  style: ProblemStyle,
): void {
  const problem = problemOf(error, {
    reads: reply.request.method === 'GET' || reply.request.method === 'HEAD',
  });
  if (problem !== null) {
    sendProblem(reply, problem, style);
    return;
  }
  const unexpected = unexpectedProblem(error);
  logger.error(unexpected.entry, 'an unexpected error in Payonce: please report it with this line');
  sendProblem(reply, unexpected.problem, style);
}
