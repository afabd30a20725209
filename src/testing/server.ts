/**
 * A server that treats its callers as networks and gateways do, byte by byte. It reads whole requests from raw
 * sockets, counts them, and treats each one as the script says.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { TEST_CERTIFICATE, TEST_KEY } from './tls.ts';

/** A whole request as it came in. */
interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One answer of the gateway, as it is written on the wire. */
export interface RawAnswer {
  /** Of HTTP. */
  readonly status: number;
  /** A list sends the header once per entry. `content-length` is added unless `transfer-encoding` is given. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A text is sent as UTF-8. */
  readonly body: string | Buffer;
}

/** What happens once a whole request has been read. */
export type Reply = (socket: Socket, request: ReceivedRequest) => void;

export interface ScriptedServer {
  readonly port: number;
  /** Every whole request since the start, in order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /** Connections accepted since the start. */
  connections(): number;
  /** Connections that ended. */
  closed(): number;
  /** Connections open now. */
  open(): number;
  /** Bytes of requests that were read, whole requests or not; of TLS, what was encrypted. */
  bytes(): number;
  /** How the callers ended their connections, in order: `end` for a close (FIN), `ECONNRESET` for a reset. */
  readonly endings: readonly string[];
  /** Treats the next requests in this order; the last reply also treats all further ones. */
  script(...replies: Reply[]): void;
  /** Treats new connections before anything was read; `serve` begins to read (and the TLS handshake). `null` does so at once. */
  onConnection(treat: ((socket: Socket, serve: () => void) => void) | null): void;
  close(): Promise<void>;
}

export async function startScriptedServer(scheme: 'http' | 'https' = 'http'): Promise<ScriptedServer> {
  const endings: string[] = [];
  let bytes = 0;
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  let replies: Reply[] = [];
  let accepted = 0;
  let treatConnection: ((socket: Socket, serve: () => void) => void) | null = null;

  const serve = (connection: Socket): void => {
    const socket =
      scheme === 'http'
        ? connection
        : new TLSSocket(connection, { isServer: true, key: TEST_KEY, cert: TEST_CERTIFICATE });
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.on('end', () => endings.push('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => endings.push(error.code ?? error.message));
    readRequests(socket, (request) => {
      requests.push(request);
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      reply?.(socket, request);
    });
  };

  const server: Server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    if (treatConnection === null) serve(socket);
    else treatConnection(socket, () => serve(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections: () => accepted,
    closed: () => accepted - sockets.size,
    open: () => sockets.size,
    bytes: () => bytes,
    endings,
    script: (...next) => {
      replies = next;
    },
    onConnection: (treat) => {
      treatConnection = treat;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Calls back once per whole request (head plus `content-length` bytes). */
function readRequests(socket: Socket, onRequest: (request: ReceivedRequest) => void): void {
  let buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const headEnd = buffer.indexOf('\r\n\r\n');
      if (headEnd === -1) return;
      const [requestLine = '', ...lines] = buffer.subarray(0, headEnd).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => {
          const colon = line.indexOf(':');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
        }),
      );
      const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0);
      if (buffer.length < bodyEnd) return;
      const [method = '', path = ''] = requestLine.split(' ');
      const body = buffer.subarray(headEnd + 4, bodyEnd).toString('utf8');
      buffer = buffer.subarray(bodyEnd);
      onRequest({ method, path, headers, body });
    }
  });
}

/** The bytes of an answer, with a true `content-length`. */
export function bytesOf({ status, headers, body }: RawAnswer): Buffer {
  const payload = Buffer.from(body);
  const lines = [`HTTP/1.1 ${status} Scripted`];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${one}`);
  }
  if (headers['transfer-encoding'] === undefined && headers['content-length'] === undefined) {
    lines.push(`content-length: ${payload.length}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), payload]);
}

/** The answer; then the end of the connection, if that was asked for. */
export const answer =
  (raw: RawAnswer): Reply =>
  (socket, { headers }) => {
    if (headers.connection === 'close') socket.end(bytesOf(raw));
    else socket.write(bytesOf(raw));
  };

export const write =
  (bytes: string | Buffer): Reply =>
  (socket) =>
    socket.write(bytes);

/** Bytes, then a proper end of the connection. */
export const writeAndClose =
  (bytes: string | Buffer): Reply =>
  (socket) =>
    socket.end(bytes);

/** Bytes, then a reset once they have left. */
export const writeAndReset =
  (bytes: string | Buffer): Reply =>
  (socket) =>
    socket.write(bytes, () => socket.resetAndDestroy());

export const reset: Reply = (socket) => socket.resetAndDestroy();
export const close: Reply = (socket) => socket.end();
/** Never answers and never closes. */
export const hang: Reply = () => {};

/** `head`, then `piece` every `everyMs` until the caller leaves. */
export const drip =
  (head: string, piece: string, everyMs: number): Reply =>
  (socket) => {
    socket.write(head);
    const timer = setInterval(() => socket.write(piece), everyMs);
    socket.on('close', () => clearInterval(timer));
  };

/** `head`, then `piece` as fast as the caller reads, until it leaves. */
export const flood =
  (head: string, piece: string): Reply =>
  (socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    socket.write(head);
    more();
  };
