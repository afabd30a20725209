/** Turns a wire into bytes, or into what happens instead of bytes. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';
import type { Sleeper } from '../sleep.ts';
import type { Headers, Wire } from '../wire.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** How many pieces a dripping answer has. */
const DRIPS = 20;

/** Sockets that are kept waiting for an answer that never comes, or comes in pieces. */
export interface HeldSockets {
  hold(response: ServerResponse, ms: number): void;
  /** Sends the body in pieces of the same size, the first one at once and the last one after `ms`. */
  drip(response: ServerResponse, body: Buffer, ms: number): void;
  /** Ends them all. */
  close(): void;
}

export function createHeldSockets({ later }: Sleeper): HeldSockets {
  const held = new Set<ServerResponse>();
  const keep = (response: ServerResponse): void => {
    held.add(response);
    response.once('close', () => held.delete(response));
  };
  return {
    drip(response, body, ms) {
      keep(response);
      const size = Math.ceil(body.length / DRIPS);
      const drop = (at: number): void => {
        if (!held.has(response)) return;
        response.write(body.subarray(at, at + size));
        if (at + size >= body.length) response.end();
        else later(ms / (DRIPS - 1), () => drop(at + size));
      };
      drop(0);
    },
    hold(response, ms) {
      keep(response);
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
    case 'drip': {
      reply.hijack();
      const body = Buffer.from(wire.body);
      reply.raw.writeHead(wire.status, headersOf(wire.headers, body));
      held.drip(reply.raw, body, wire.ms);
      return;
    }
    case 'truncate': {
      reply.hijack();
      const body = Buffer.from(wire.body);
      reply.raw.writeHead(wire.status, headersOf(wire.headers, body));
      reply.raw.write(body.subarray(0, body.length >>> 1), () => reply.raw.destroy());
      return;
    }
  }
}

function headersOf(headers: Headers | undefined, body: Buffer) {
  return { ...headers, 'content-type': JSON_TYPE, 'content-length': body.length };
}

function resetConnection(response: ServerResponse): void {
  const socket: Socket | null = response.socket;
  // Without a real connection (a request injected in a test) there is nothing to reset.
  if (typeof socket?.resetAndDestroy === 'function') socket.resetAndDestroy();
  else response.destroy();
}
