import { Client, type Dispatcher, Pool } from 'undici';
import { type ConnectOptions, Connector } from './connect.ts';
import { Line, type LineOptions } from './line.ts';

export interface PoolOptions extends ConnectOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Exchanges at the same time. */
  readonly connections: number;
  /** An idle connection is closed after this many milliseconds. */
  readonly keepAliveMs: number;
}

/** Longer headers break the answer. Node's servers have the same limit. */
const MAX_HEADER_BYTES = 16 * 1024;

/** Connections to one gateway. `close` ends them all, also those that are still being made. */
export function createPool(options: PoolOptions): {
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
} {
  const connector = new Connector(options);
  const pool = new Pool(options.origin, {
    connections: options.connections,
    factory: (origin) => createClient(origin, options.keepAliveMs, connector),
  });
  return {
    dispatcher: pool,
    async close() {
      await pool.destroy();
      connector.abandon();
    },
  };
}

/** A client has one connection at a time, so every request of the client is on that connection. */
function createClient(origin: URL, keepAliveMs: number, connector: Connector): Client {
  const isUnderWay = (): boolean => client.stats.running > 0;
  const line = new Line();
  const client: Client = new Client(origin, {
    // One request per connection at a time. A second one could fail or wait because of the first.
    pipelining: 1,
    allowH2: false,
    connect: (target, callback) => connector.connect(target, line, isUnderWay, callback),
    keepAliveTimeout: keepAliveMs,
    // A gateway may ask for longer, but after a minute a firewall on the way may have forgotten the connection.
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The exchange has its own deadline, which also ends a slow body.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (options, handler) => {
    (options as LineOptions).user.line = line;
    return dispatch(options, handler);
  };
  return client;
}
