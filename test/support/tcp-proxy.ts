/**
 * A network that breaks on demand. It forwards bytes between a client and a server, until the test makes it cut,
 * refuse, hold back, delay, or break an exchange.
 */
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../sim/chaos/processes/free-port.ts';
import { type Break, createBreaks, type Direction } from './tcp-proxy-breaks.ts';

export type { Break, Direction } from './tcp-proxy-breaks.ts';

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Connections open now. */
  open(): number;
  /** Pieces of data that the server has sent so far, whether the client got them or not. */
  answers(): number;
  /** Breaks every open connection on both sides, at once and without an error message. */
  cut(): void;
  /** The same with a reset, which is not an orderly end. What was held back is lost. */
  lose(): void;
  /** Takes no new connections from now on; open ones stay. */
  refuse(): void;
  /** Takes new connections again, at the same port. */
  accept(): Promise<void>;
  /**
   * Nothing gets through in this direction until `deliver`. The bytes are not lost: as in a real network they
   * arrive later, even if their sender is gone by then.
   */
  hold(direction: Direction): void;
  /** Delivers everything that was held back, in its order. */
  deliver(): void;
  /** Delays every piece of data by this much, in both directions; 0: no delay. */
  delay(ms: number): void;
  /**
   * Breaks one exchange, and its connection with it: the next one, or the one after so many others. An exchange is
   * all that the client sends until the server answers, and then all that the server sends. Use it for clients that
   * send one request at a time over a connection that is already open.
   */
  breakNext(how: Break, after?: number): void;
  /** Exchanges broken so far. */
  broken(): number;
  /** Breaks no exchange from now on. */
  mend(): void;
  close(): Promise<void>;
}

/** One direction of one connection. */
interface Lane {
  readonly direction: Direction;
  readonly waiting: (() => void)[];
}

const HOST = '127.0.0.1';

/** `target` is read for each connection: a server that was started again has another port. */
export async function startTcpProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const lanes = new Set<Lane>();
  const held = new Set<Direction>();
  let delayMs = 0;
  let answers = 0;
  const breaks = createBreaks();

  function pass(lane: Lane, step: () => void): void {
    if (held.has(lane.direction)) lane.waiting.push(step);
    else if (delayMs > 0) setTimeout(step, delayMs);
    else step();
  }

  function forward(
    direction: Direction,
    from: Socket,
    to: Socket,
    breakAt: (direction: Direction) => Break | null,
  ): void {
    const lane: Lane = { direction, waiting: [] };
    lanes.add(lane);
    // Gone without a message, as when its machine dies. At a pooler, a message could overtake the last data.
    let vanished = false;
    from.on('data', (chunk) => {
      if (direction === 'to_client') answers += 1;
      const broken = breakAt(direction);
      if (broken === 'late') {
        held.add('to_server');
        lane.waiting.push(() => to.write(chunk));
        vanished = true;
        from.destroy();
      } else if (broken !== null) {
        from.destroy();
        to.destroy();
      } else if (direction === 'to_client' && to.destroyed) {
        // Its client is gone, so the server may get it now.
        from.destroy();
      } else {
        pass(lane, () => to.write(chunk));
      }
    });
    from.on('error', () => {});
    // What was sent before the end still arrives before it.
    from.on('close', () =>
      pass(lane, () => {
        lanes.delete(lane);
        if (!vanished) to.end();
      }),
    );
  }

  const server = createServer((client) => {
    const far = connect(target.port, target.host);
    const pair = [client, far] as const;
    const cutPair = (): void => {
      for (const socket of pair) socket.destroy();
    };
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('close', () => {
        if (client.destroyed && far.destroyed) pairs.delete(pair);
      });
    }
    far.on('error', cutPair);
    const breakAt = breaks.watch();
    forward('to_server', client, far, breakAt);
    forward('to_client', far, client, breakAt);
  });
  const port = await freePort();
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, HOST, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  await listen();

  function cut(): void {
    for (const [client, far] of pairs) {
      client.destroy();
      far.destroy();
    }
    lanes.clear();
  }

  return {
    host: HOST,
    port,
    open: () => pairs.size,
    answers: () => answers,
    cut,
    lose() {
      for (const [client] of pairs) client.resetAndDestroy();
      cut();
      held.clear();
    },
    refuse: () => void server.close(),
    accept: listen,
    hold: (direction) => void held.add(direction),
    deliver() {
      held.clear();
      for (const lane of [...lanes]) for (const step of lane.waiting.splice(0)) step();
    },
    delay(ms) {
      delayMs = ms;
    },
    breakNext: breaks.plan,
    broken: breaks.count,
    mend: breaks.forget,
    close() {
      cut();
      return new Promise((resolve) => {
        if (!server.listening) resolve();
        else server.close(() => resolve());
      });
    },
  };
}

/** The connection string with the proxy in place of its server; `target` is what the proxy must lead to. */
export function throughProxy(url: string, { host, port }: Pick<TcpProxy, 'host' | 'port'>): string {
  const proxied = new URL(url);
  proxied.hostname = host;
  proxied.port = String(port);
  return proxied.href;
}

/** The host and port in a connection string. */
export function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 5432) };
}
