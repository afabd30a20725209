import type { Socket } from 'node:net';
import { buildConnector, type Dispatcher, Pool } from 'undici';

export interface PoolOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Exchanges at the same time. */
  readonly connections: number;
  /** Bound of connecting alone, TLS included, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** An idle connection is closed after this many milliseconds. */
  readonly keepAliveMs: number;
  /** Certificate authorities in PEM; `undefined` for the system's. */
  readonly ca: string | undefined;
}

/** Heads above this size break the answer; Node's own servers use the same bound. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Connections to one gateway, and the way to end them all, those still being made included. */
export function createPool(options: PoolOptions): {
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
} {
  const connecting = new Set<Socket>();
  const pool = new Pool(options.origin, {
    connections: options.connections,
    // One request per connection at a time: behind another, a request could fail, or wait, for the other's sake.
    pipelining: 1,
    allowH2: false,
    connect: trackingConnector(options, connecting),
    keepAliveTimeout: options.keepAliveMs,
    // A gateway may ask for longer; beyond a minute, what lies between may have forgotten the connection.
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The exchange has one deadline of its own, which also counts a dripping body.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    dispatcher: pool,
    async close() {
      await pool.destroy();
      // undici leaves these until they connect or time out, and they would keep the process alive meanwhile.
      for (const socket of connecting) socket.destroy(new Error('gateway_closed'));
    },
  };
}

function trackingConnector(options: PoolOptions, connecting: Set<Socket>): buildConnector.connector {
  const connect = buildConnector({
    timeout: options.connectTimeoutMs,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  return (target, callback) => {
    // The types say that it returns nothing; it returns the socket.
    const socket = connect(target, (...result) => {
      connecting.delete(socket);
      callback(...result);
    }) as unknown as Socket;
    connecting.add(socket);
  };
}
