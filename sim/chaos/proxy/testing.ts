/** For the proxy's tests: a clock that is moved by hand, and a server and clients that note what happens to them. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { createRandom } from '../random.ts';
import type { ProxyClock } from './behaviour.ts';
import { type NetworkProxy, startProxy } from './proxy.ts';

export interface HandClock extends ProxyClock {
  /** Resolves once something sleeps, with the time at which it wants to wake. */
  sleeping(): Promise<number>;
  /** Moves the clock to this time, and wakes all sleepers that are due by then, the earliest first. */
  turnTo(ms: number): void;
}

function createHandClock(): HandClock {
  let nowMs = 0;
  let sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  const watchers: (() => void)[] = [];
  const earliest = (): number => Math.min(...sleepers.map(({ atMs }) => atMs));
  return {
    nowMs: () => nowMs,
    sleep: (ms) =>
      ms <= 0
        ? Promise.resolve()
        : new Promise((wake) => {
            sleepers.push({ atMs: nowMs + ms, wake });
            for (const tell of watchers.splice(0)) tell();
          }),
    async sleeping() {
      if (sleepers.length === 0) await new Promise<void>((resolve) => watchers.push(resolve));
      return earliest();
    },
    turnTo(ms) {
      nowMs = ms;
      const due = sleepers.filter(({ atMs }) => atMs <= ms).sort((a, b) => a.atMs - b.atMs);
      sleepers = sleepers.filter(({ atMs }) => atMs > ms);
      for (const { wake } of due) wake();
    },
  };
}

/** One end of a connection. */
export interface End {
  readonly socket: Socket;
  say(text: string): void;
  /** Resolves with everything received so far once it is this long. Throws if the connection ends before. */
  heard(length: number): Promise<string>;
  /** Everything received so far. */
  text(): string;
  /** How many pieces arrived. */
  pieces(): number;
  /** How the connection ended on this side. */
  readonly ended: Promise<'closed' | 'reset'>;
}

function endOf(socket: Socket): End {
  let text = '';
  let pieces = 0;
  let how: 'closed' | 'reset' = 'closed';
  const watchers = new Set<() => void>();
  const tell = (): void => {
    for (const watcher of [...watchers]) watcher();
  };
  socket.setNoDelay(true);
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    pieces += 1;
    tell();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET') how = 'reset';
  });
  const ended = new Promise<'closed' | 'reset'>((resolve) => socket.once('close', () => resolve(how)));
  void ended.then(tell);
  return {
    socket,
    say: (said) => void socket.write(said),
    heard: (length) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (text.length >= length) resolve(text);
          else if (socket.destroyed) reject(new Error(`the connection ended after ${JSON.stringify(text)}`));
          else return;
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      }),
    text: () => text,
    pieces: () => pieces,
    ended,
  };
}

export interface Opened {
  readonly client: End;
  readonly server: End;
}

export interface Stretch {
  readonly proxy: NetworkProxy;
  readonly clock: HandClock;
  /** Opens a connection through the proxy, and returns both of its ends. */
  open(): Promise<Opened>;
  /** From now on the program that connects counts as killed or frozen. */
  disturb(): void;
  /** Tries to connect. Resolves with how it failed, or with `connected`. */
  knock(): Promise<string>;
  close(): Promise<void>;
}

/** A server, and a proxy in front of it whose clock stops until it is moved. */
export async function openStretch(): Promise<Stretch> {
  const arrivals: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => {
    const next = waiting.shift();
    if (next === undefined) arrivals.push(socket);
    else next(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const clock = createHandClock();
  const random = createRandom(1, 'test');
  const target = { host: '127.0.0.1', port };
  let isDisturbed = false;
  const proxy = await startProxy({ target, clock, random, disturbed: () => isDisturbed });
  const sockets: Socket[] = [];
  return {
    proxy,
    clock,
    disturb() {
      isDisturbed = true;
    },
    async open() {
      const arrived = new Promise<Socket>((resolve) => {
        const early = arrivals.shift();
        if (early === undefined) waiting.push(resolve);
        else resolve(early);
      });
      const client = endOf(connect(proxy.port, proxy.host));
      const far = endOf(await arrived);
      sockets.push(client.socket, far.socket);
      return { client, server: far };
    },
    knock: () =>
      new Promise((resolve) => {
        const socket = connect(proxy.port, proxy.host, () => {
          socket.destroy();
          resolve('connected');
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'failed'));
      }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await proxy.close();
      server.close();
    },
  };
}
