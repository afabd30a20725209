/**
 * A front that terminates TLS for a plain server, as a load balancer does. It can let handshakes hang: it accepts connections, and sends
 * nothing on them until `release`.
 */
import { connect, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts';
import type { Address } from './proxy.ts';

export interface TlsFront extends Address {
  /** Ends all connections, and lets the handshakes of new ones hang. */
  holdHandshakes(): HeldHandshakes;
  close(): Promise<void>;
}

export interface HeldHandshakes {
  /** Resolves when the first one hangs. */
  readonly met: Promise<void>;
  /** Goes on with all of them, and returns how many there were. Idempotent. */
  release(): number;
}

const HOST = '127.0.0.1';

export async function startTlsFront(target: Address): Promise<TlsFront> {
  const secureContext = createSecureContext({ key: TEST_KEY, cert: TEST_CERTIFICATE });
  const sockets = new Set<Socket>();
  /** Those to the server. */
  const behind = new Set<Socket>();
  let hanging: { readonly begin: (() => void)[]; readonly meet: () => void } | null = null;

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}); // `close` follows
    socket.once('close', () => sockets.delete(socket));
  }

  function serve(raw: Socket): void {
    if (raw.destroyed) return;
    const far = connect({ ...target, allowHalfOpen: true });
    keep(far);
    behind.add(far);
    far.once('close', () => behind.delete(far));
    // If the server cannot be reached, there is no handshake.
    far.once('error', () => raw.destroy());
    far.once('connect', () => {
      if (raw.destroyed) return void far.destroy();
      const near = new TLSSocket(raw, { isServer: true, secureContext });
      keep(near);
      join(near, raw, far);
    });
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (raw) => {
    keep(raw);
    if (hanging === null) return serve(raw);
    hanging.begin.push(() => serve(raw));
    hanging.meet();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, HOST, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');

  return {
    host: HOST,
    port: address.port,
    holdHandshakes() {
      let meet = (): void => {};
      const met = new Promise<void>((resolve) => {
        meet = resolve;
      });
      const held = { begin: [] as (() => void)[], meet };
      hanging = held;
      // With a reset: after a FIN, the network behind this front could still deliver what it holds, and it would look as if a replica had sent it.
      for (const far of behind) if (!far.connecting) far.resetAndDestroy();
      for (const socket of sockets) socket.destroy();
      return {
        met,
        release() {
          if (hanging === held) hanging = null;
          const waiting = held.begin.splice(0);
          for (const begin of waiting) begin();
          return waiting.length;
        },
      };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Passes on a FIN as a FIN and a RST as a RST, so that the other side sees how the client left. */
function join(near: TLSSocket, raw: Socket, far: Socket): void {
  near.pipe(far);
  far.pipe(near);
  let ended = false;
  near.once('end', () => {
    ended = true;
  });
  // After a close, a reset only answers what we still sent.
  const reset = ({ code }: NodeJS.ErrnoException): void => {
    if (code === 'ECONNRESET' && !ended && !far.destroyed) far.resetAndDestroy();
  };
  near.on('error', reset);
  raw.on('error', reset);
  near.once('close', () => {
    // The server has seen the end of the stream, or must not wait for it.
    if (!far.destroyed && !far.writableEnded) far.end();
  });
  far.on('error', () => near.destroy());
  far.once('close', () => {
    near.end();
    if (!near.readableEnded) near.destroySoon();
  });
}
