/** The network between one client and one server. Toxics can be added and removed. */
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Behaviour, ProxyClock, Tools } from './behaviour.ts';
import type { Tap } from './lane.ts';
import { type Link, openLink } from './link.ts';
import type { ConnectionToxic, Stream, Toxic } from './toxic.ts';
import { behaviourOf } from './toxics/index.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A toxic at work. */
export interface Installed {
  /** Idempotent. */
  remove(): Promise<void>;
  /** Resolve when it has begun to do harm and when it has ended: at once and never, unless the toxic picks its own moment. */
  readonly met: Promise<void>;
  readonly over: Promise<void>;
  /** How often it has done its harm, if that can be counted. */
  count(): number;
}

export interface NetworkProxy extends Address {
  /** The number of connections that are open now. */
  open(): number;
  /** Where new connections lead from now on. A server that was started again has another port. */
  retarget(target: Address): void;
  add(toxic: Toxic): Promise<Installed>;
  close(): Promise<void>;
}

export interface ProxyOptions extends Pick<Tools, 'random'> {
  readonly target: Address;
  readonly clock?: ProxyClock;
  /** Whether the program that connects was frozen, killed or stopped between two times. Default: never. */
  readonly disturbed?: Tools['disturbed'];
  /** Called for each connection. The function that it returns gets every byte that was passed on to the server. */
  readonly tap?: () => Tap;
}

const HOST = '127.0.0.1';

const realClock: ProxyClock = {
  nowMs: () => performance.now(),
  sleep: (ms) => (ms <= 0 ? Promise.resolve() : pause(ms, undefined, { ref: false })),
};

export async function startProxy(options: ProxyOptions): Promise<NetworkProxy> {
  const { clock = realClock, random, disturbed = () => false, tap = () => () => {} } = options;
  const links = new Set<Link>();
  const active = new Map<ConnectionToxic, Behaviour>();
  let target = options.target;
  let downs = 0;

  const toxics = (stream: Stream): Behaviour[] =>
    [...active]
      .filter(([toxic]) => toxic.stream === stream || toxic.stream === 'both')
      .map(([, behaviour]) => behaviour);

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const far = connect({ ...target, allowHalfOpen: true });
    const link = openLink({ client, server: far, toxics, clock, tap: tap() });
    links.add(link);
    void link.closed.then(() => links.delete(link));
    for (const behaviour of active.values()) behaviour.meet?.(link);
  });
  const port = await listen(server, 0);

  async function takeDown(): Promise<Installed> {
    downs += 1;
    if (downs === 1) server.close();
    for (const link of links) link.close();
    return installed({}, async () => {
      downs -= 1;
      if (downs === 0) await listen(server, port);
    });
  }

  return {
    host: HOST,
    port,
    open: () => links.size,
    retarget(next) {
      target = next;
    },
    async add(toxic) {
      if (toxic.kind === 'down') return takeDown();
      const behaviour = behaviourOf(toxic, { clock, random, disturbed });
      active.set(toxic, behaviour);
      for (const link of links) behaviour.meet?.(link);
      return installed(behaviour, async () => {
        active.delete(toxic);
        for (const link of links) behaviour.leave?.(link);
      });
    },
    async close() {
      for (const link of links) link.destroy();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function installed(behaviour: Behaviour, remove: () => Promise<void>): Installed {
  let removed: Promise<void> | null = null;
  return {
    met: behaviour.met ?? Promise.resolve(),
    over: behaviour.over ?? new Promise(() => {}),
    count: () => behaviour.count?.() ?? 0,
    remove() {
      removed ??= remove();
      return removed;
    },
  };
}

/** While the proxy was down, another program may have used its port for a moment. A hundred tries take five seconds. */
async function listen(server: Server, port: number, tries = 100): Promise<number> {
  for (let left = tries; ; left -= 1) {
    try {
      return await listenOnce(server, port);
    } catch (error) {
      if (left === 0) throw error;
      await pause(50);
    }
  }
}

function listenOnce(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, HOST, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
