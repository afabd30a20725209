/** Turns a wire into bytes, or into what happens instead of bytes. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Sleeper } from '../sleep.ts';
import type { Wire } from '../wire.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sockets that are kept waiting for an answer that never comes. */
export interface HeldSockets {
  hold(response: ServerResponse, ms: number): void;
  /** Ends them all. */
  close(): void;
}

export function createHeldSockets({ later }: Sleeper): HeldSockets {
  const held = new Set<ServerResponse>();
  return {
    hold(response, ms) {
      held.add(response);
      response.once('close', () => held.delete(response));
      later(ms, () => {
        if (held.has(response)) response.destroy();
      });
    },
    close() {
      for (const response of held) response.destroy();
      held.clear();
    },
  };
}

export function send(reply: FastifyReply, wire: Wire, held: HeldSockets): void {
  switch (wire.kind) {
    case 'answer':
      if (wire.retryAfterSeconds !== undefined) reply.header('retry-after', String(wire.retryAfterSeconds));
      if (wire.headers !== undefined) reply.headers(wire.headers);
      reply.code(wire.status).header('content-type', JSON_TYPE).send(wire.body);
      return;
    case 'drop':
      reply.hijack();
      resetConnection(reply.raw);
      return;
    case 'hold':
      reply.hijack();
      held.hold(reply.raw, wire.ms);
      return;
    case 'truncate': {
      reply.hijack();
      const body = Buffer.from(wire.body);
      reply.raw.writeHead(wire.status, {
        ...wire.headers,
        'content-type': JSON_TYPE,
        'content-length': body.length,
      });
      reply.raw.write(body.subarray(0, body.length >>> 1), () => reply.raw.destroy());
      return;
    }
  }
}

function resetConnection(response: ServerResponse): void {
  const socket: Socket | null = response.socket;
  // Without a real connection (a request injected in a test) there is nothing to reset.
  if (typeof socket?.resetAndDestroy === 'function') socket.resetAndDestroy();
  else response.destroy();
}
