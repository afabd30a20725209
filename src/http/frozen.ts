/** Sends the one answer of an operation that has ended. */
import type { FastifyReply } from 'fastify';
import { PROBLEMS } from '../domain/problems.ts';
import type { FrozenAnswer } from '../engine/answer.ts';
import { noteProblem } from './access-log.ts';
import { JSON_TYPE } from './answer.ts';
import { PROBLEM_TYPE } from './problem.ts';

export interface Frozen {
  readonly frozen: FrozenAnswer;
  /** This request started the operation: 201. The others get 200. */
  readonly started: boolean;
  /** Where what it made can be read. */
  readonly location: string;
}

/** The frozen body is sent as it is, byte for byte. Only the status differs: 201 for the request that started it, else 200. */
export function sendFrozen(reply: FastifyReply, { frozen, started, location }: Frozen): void {
  if (frozen.problem !== null) noteProblem(reply, frozen.problem);
  else if (started) void reply.header('location', location);
  const status = frozen.problem === null ? (started ? 201 : 200) : PROBLEMS[frozen.problem].status;
  void reply
    .code(status)
    .header('content-type', frozen.problem === null ? JSON_TYPE : PROBLEM_TYPE)
    .header('cache-control', 'no-store')
    .send(frozen.body);
}
