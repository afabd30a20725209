/** The second hook of every API route, before the body is read: who asks, whether they may, and whether they ask too often. In this order. */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Admission, Refusal } from '../access/access.ts';
import type { Caller } from '../access/caller.ts';
import type { Scope } from '../domain/scopes.ts';
import { noteCaller } from './access-log.ts';
import { admit } from './account.ts';
import { type ProblemStyle, sendError, sendProblem } from './answer.ts';
import { pageProblem } from './own-page.ts';
import { type Problem, problemOf } from './problem.ts';
import type { RouteContext } from './route-context.ts';

/** The same for no key, a wrong one and one that cannot be used any more: nobody learns which. */
const REFUSALS: Readonly<Record<Refusal, Problem>> = {
  unauthorized: {
    code: 'unauthorized',
    detail:
      'Nothing was stored or sent. Send an API key that can be used, as "Authorization: Bearer po_…". Whoever runs this server makes one with "payonce keys create". A new key works after a few seconds at most.',
  },
  api_key_wrong_mode: {
    code: 'api_key_wrong_mode',
    detail:
      'Nothing was stored or sent. Keys that begin with po_live_ are for servers that move real money, and keys that begin with po_test_ for the others. Check the key and the address of the server.',
  },
  api_key_not_checked: {
    code: 'api_key_not_checked',
    detail:
      'Too many keys that this server does not know come in at the moment, so this one was not looked up. Nothing was stored or sent. Repeat the request.',
  },
};

const CHALLENGE = 'Bearer realm="payonce"';

export function guard(context: RouteContext, scope: Scope, style: ProblemStyle): onRequestHookHandler {
  const { access, logger, ownHost } = context;

  /** Null: the request may go on. */
  function problemWith(request: FastifyRequest, reply: FastifyReply, caller: Caller): Problem | null {
    const ofPage = caller.keyId === null ? pageProblem(request, ownHost) : null;
    if (ofPage !== null) return ofPage;
    admit(request, caller);
    noteCaller(reply, caller);
    if (!caller.may(scope)) {
      void reply.header('www-authenticate', `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`);
      return scopeMissing(scope);
    }
    const waitMs = caller.take();
    return waitMs === null ? null : { ...RATE_LIMITED, retryAfterMs: waitMs };
  }

  function finish(request: FastifyRequest, reply: FastifyReply, admission: Admission): boolean {
    const refused = typeof admission === 'string';
    const problem = refused ? REFUSALS[admission] : problemWith(request, reply, admission);
    if (problem === null) return true;
    if (refused && admission !== 'api_key_not_checked') void reply.header('www-authenticate', CHALLENGE);
    sendProblem(reply, problem, style);
    return false;
  }

  return (request, reply, done) => {
    const admission = access.admit(request.headers.authorization);
    if (!(admission instanceof Promise)) {
      if (finish(request, reply, admission)) done();
      return;
    }
    admission.then(
      (late) => {
        if (finish(request, reply, late)) done();
      },
      (error: unknown) => {
        // Only the key was read: nothing can have been stored.
        const problem = problemOf(error, { reads: true });
        if (problem === null) sendError(reply, error, logger, style);
        else sendProblem(reply, problem, style);
      },
    );
  };
}

function scopeMissing(scope: Scope): Problem {
  return {
    code: 'scope_missing',
    detail: `This API key may not do that: it needs the scope ${scope}. Nothing was stored or sent. Use another key, or make one with this scope.`,
  };
}

const RATE_LIMITED: Problem = {
  code: 'rate_limited',
  detail:
    'This API key has sent more requests than it may. Nothing was stored or sent. Repeat the request later.',
};
