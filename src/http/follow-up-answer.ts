/** Sends the answer to a request for a follow-up. */
import type { FastifyReply } from 'fastify';
import type { ProblemCode } from '../domain/problems.ts';
import type { FollowUpAnswer } from '../engine/api.ts';
import { notePayment } from './access-log.ts';
import { PROBLEM_JSON, sendJson, sendProblem } from './answer.ts';
import { sendFrozen } from './frozen.ts';
import { type Problem, wholeSeconds } from './problem.ts';

/** How one kind of follow-up is shown. */
export interface FollowUpView<Shown> {
  /** Its fields, in their documented order. */
  fields(shown: Shown): Record<string, unknown>;
  /** Where the one of this name can be read. */
  locationOf(paymentId: string, name: string): string;
  nameOf(shown: Shown): string;
  /** How a problem carries it. */
  attached(shown: Shown): Pick<Problem, 'refund' | 'exclusive'>;
}

export function sendFollowUp<Shown>(
  reply: FastifyReply,
  paymentId: string,
  answer: FollowUpAnswer<Shown, ProblemCode>,
  view: FollowUpView<Shown>,
): void {
  if (answer.replayed) void reply.header('idempotent-replayed', 'true');
  if (answer.kind !== 'problem' || answer.code !== 'payment_not_found') notePayment(reply, paymentId);
  switch (answer.kind) {
    case 'settled': {
      const { frozen, started, name } = answer;
      sendFrozen(reply, { frozen, started, location: view.locationOf(paymentId, name) });
      return;
    }
    case 'accepted': {
      const { shown, started } = answer;
      if (started) void reply.header('location', view.locationOf(paymentId, view.nameOf(shown)));
      sendJson(reply, started ? 201 : 200, JSON.stringify(view.fields(shown)));
      return;
    }
    case 'unsettled': {
      const { shown, retryAfterMs } = answer;
      void reply
        .header('retry-after', wholeSeconds(retryAfterMs))
        .header('location', view.locationOf(paymentId, view.nameOf(shown)));
      sendJson(reply, 202, JSON.stringify({ ...view.fields(shown), retry_after_ms: retryAfterMs }));
      return;
    }
    case 'problem': {
      const { shown, ...problem } = answer;
      sendProblem(reply, { ...problem, ...(shown === undefined ? {} : view.attached(shown)) }, PROBLEM_JSON);
    }
  }
}
