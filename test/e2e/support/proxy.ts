import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of the database, which can be cut in several ways. */
export interface DatabaseProxy {
  readonly port: number;
  /** Where it leads; may change while it runs. */
  target: number;
  /** Ends every connection. */
  cut(): void;
  /** Ends every connection and refuses new ones until `unblock`. */
  block(): void;
  unblock(): void;
  /** What the database says is lost from now on, until the connection is cut; what it is told arrives. */
  mute(): void;
  close(): Promise<void>;
}

export async function startProxy(target: number): Promise<DatabaseProxy> {
  const pairs = new Set<{ near: Socket; far: Socket; muted: boolean }>();
  let blocked = false;

  const server = createServer((near) => {
    if (blocked) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(proxy.target, '127.0.0.1');
    const pair = { near, far, muted: false };
    pairs.add(pair);
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (!pair.muted) near.write(chunk);
    });
  });

  const proxy: DatabaseProxy = {
    port: 0,
    target,
    cut() {
      for (const { near, far } of pairs) {
        near.resetAndDestroy();
        far.destroy();
      }
    },
    block() {
      blocked = true;
      proxy.cut();
    },
    unblock() {
      blocked = false;
    },
    mute() {
      for (const pair of pairs) pair.muted = true;
    },
    async close() {
      proxy.block();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, { port: (server.address() as AddressInfo).port });
}
