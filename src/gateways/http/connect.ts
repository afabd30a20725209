/**
 * Makes the connections to a gateway, and decides how they end.
 *
 * A connection that is given up while a request is under way is reset (RST). After an ordinary close (FIN) our kernel would resend the
 * request for minutes, and could deliver it long after we gave it up. A reset throws away what is not delivered yet.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { buildConnector, errors } from 'undici';
import type { Line } from './line.ts';

export interface ConnectOptions {
  /** How long connecting may take, TLS included, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Certificate authorities in PEM. `undefined`: the system's. */
  readonly ca: string | undefined;
}

/** Why no connection was made. undici ends the waiting requests only if the code is none of its own. */
class ConnectError extends Error {
  readonly code: string;
  constructor(code: 'EARLY_ANSWER' | 'CLOSED_EARLY', message: string) {
    super(message);
    this.code = code;
  }
}

export class Connector {
  readonly #connectTimeoutMs: number;
  readonly #secure: buildConnector.connector;
  /** undici cannot end these before they connect or time out, and they would keep the process alive. */
  readonly #connecting = new Set<Socket>();

  constructor({ connectTimeoutMs, ca }: ConnectOptions) {
    this.#connectTimeoutMs = connectTimeoutMs;
    // Without a timeout of its own: ours counts TCP and TLS together. Shared, so that TLS sessions are resumed.
    this.#secure = buildConnector({ timeout: 0, ...(ca === undefined ? {} : { ca }) });
  }

  /**
   * Makes one connection, and hands it over when a request may be written to it.
   *
   * @param line gets the connection.
   * @param isUnderWay whether a request was written to this connection and has no complete answer yet.
   */
  connect(
    target: buildConnector.Options,
    line: Line,
    isUnderWay: () => boolean,
    callback: buildConnector.Callback,
  ): void {
    const isTls = target.protocol === 'https:';
    // Made here and not by undici, because with TLS only the TCP socket beneath can be reset.
    const tcp = connectTcp({
      host: target.hostname,
      port: Number(target.port) || (isTls ? 443 : 80),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
    this.#connecting.add(tcp);

    let settled = false;
    const settle = (error: Error | null, socket: Socket): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      this.#connecting.delete(tcp);
      if (error === null) {
        line.opened(socket);
        resetIfUnderWay(socket, tcp, line, isUnderWay);
        callback(null, socket);
      } else {
        tcp.destroy();
        callback(error, null);
      }
    };
    const timer = setTimeout(() => settle(new errors.ConnectTimeoutError(), tcp), this.#connectTimeoutMs);
    tcp.on('error', (error) => settle(error, tcp));
    tcp.on('close', () => settle(closedEarly(), tcp));
    tcp.once('connect', () => {
      if (!isTls) {
        listenFirst(tcp, settle);
        return;
      }
      this.#secure({ ...target, httpSocket: tcp }, (error, socket) => {
        if (error === null) listenFirst(socket, settle);
        else settle(error, tcp);
      });
    });
  }

  /** Ends all connections that are still being made. */
  abandon(): void {
    for (const socket of this.#connecting) socket.destroy(new Error('gateway_closed'));
  }
}

/**
 * Hands a new connection over only if no byte came from it yet. Bytes before the request are no answer, but undici would take them for
 * one if it read them after it wrote the request.
 */
function listenFirst(socket: Socket, settle: (error: Error | null, socket: Socket) => void): void {
  // Reading begins in the next turn of the event loop. The second callback comes after it.
  setImmediate(() =>
    setImmediate(() => {
      if (socket.readableLength > 0) {
        settle(new ConnectError('EARLY_ANSWER', 'The gateway answered before it was asked.'), socket);
      } else if (socket.destroyed || socket.readableEnded) settle(closedEarly(), socket);
      else settle(null, socket);
    }),
  );
}

function closedEarly(): Error {
  return new ConnectError('CLOSED_EARLY', 'The gateway closed the connection before it was asked.');
}

/**
 * Makes every `destroy()` a reset while a request is under way: at our deadline, at our limit of bytes, by undici for an answer that it
 * cannot parse, or at the end of the pool.
 */
function resetIfUnderWay(socket: Socket, tcp: Socket, line: Line, isUnderWay: () => boolean): void {
  const destroy = socket.destroy;
  socket.destroy = function destroyOrReset(error?: Error) {
    if (line.keepsOpen(this)) return this;
    if (!isUnderWay()) return destroy.call(this, error);
    // Node's `resetAndDestroy()` may send a FIN first, waits for what is not written yet, refuses TLS sockets and takes no error. It
    // works by this flag, which `destroy()` obeys.
    (tcp as Socket & { resetAndClosing?: boolean }).resetAndClosing = true;
    // After an error of this class undici puts the request back into its queue, and makes a useless connection.
    const isRequeued = error instanceof errors.InformationalError;
    return destroy.call(this, isRequeued ? new errors.SocketError(error.message) : error);
  };
}
