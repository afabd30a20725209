/** Refuses callers that are not on this machine. */
import type { FastifyInstance } from 'fastify';
import { errorBody } from '../bodies.ts';
import { answer } from '../wire.ts';
import { refusalOf } from './caller.ts';
import { type HeldSockets, send } from './send.ts';

/** For all routes of the scope. `hosts`: names of the server besides those of loopback. */
export function keepToThisMachine(
  scope: FastifyInstance,
  { hosts, held }: { readonly hosts: readonly string[]; readonly held: HeldSockets },
): void {
  scope.addHook('onRequest', (request, reply, done) => {
    const { headers, raw } = request;
    const { remoteAddress, localAddress } = raw.socket;
    const message = refusalOf({ remoteAddress, localAddress, headers }, hosts);
    if (message === null) done();
    else send(reply, answer(403, errorBody('loopback_only', { message })), held);
  });
}
