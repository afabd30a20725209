/** Who has sent a request, and so whose payments it is about. */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.ts';

const CALLER = Symbol('caller');
type AdmittedMessage = IncomingMessage & { [CALLER]?: Caller };

export function admit(request: FastifyRequest, caller: Caller): void {
  (request.raw as AdmittedMessage)[CALLER] = caller;
}

/** Throws if nobody has checked who sent the request: it must not count as somebody's. */
export function accountOf(request: FastifyRequest): string {
  return callerOf(request).accountId;
}

/** Who acts, for the audit trail: what the request says, and the id of its key. Null: it says nothing, and no key was used. Throws as above. */
export function actorOf(request: FastifyRequest, said: string | null): string | null {
  const { keyId } = callerOf(request);
  if (keyId === null) return said;
  return said === null ? `key ${keyId}` : `${said}, key ${keyId}`;
}

function callerOf(request: FastifyRequest): Caller {
  const caller = (request.raw as AdmittedMessage)[CALLER];
  if (caller === undefined) throw new TypeError('This route is not guarded: nobody has checked who asks.');
  return caller;
}
