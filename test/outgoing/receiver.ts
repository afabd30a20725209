/** A receiver of events on this machine. What it does with each is the test's. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  /** Every event that came in whole, in its order. */
  readonly received: Received[];
  /** How often somebody connected. */
  connections(): number;
}

type Answer = (reply: ServerResponse, received: Received) => void;

export const answering =
  (status: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (reply) => {
    reply.writeHead(status, headers).end(body);
  };

/** `tls`: with a certificate that nobody trusts. */
export async function startReceiver(
  answer: Answer = answering(204),
  tls?: { key: string; cert: string },
): Promise<Receiver> {
  const received: Received[] = [];
  const listener: RequestListener = (request, reply) => {
    reply.on('error', () => {});
    void text(request).then((body) => {
      const one = { headers: request.headers, body };
      received.push(one);
      answer(reply, one);
    });
  };
  const server: Server = tls === undefined ? createServer(listener) : createTls(tls, listener);
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/hook`,
    port,
    received,
    connections: () => connections,
  };
}
