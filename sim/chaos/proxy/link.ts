/** One connection through the proxy: two sockets, two lanes. */
import type { Socket } from 'node:net';
import type { Behaviour, HangUp, ProxyClock, Victim } from './behaviour.ts';
import { openLane, type Tap } from './lane.ts';
import type { Stream } from './toxic.ts';

export interface Link extends Victim {
  /** Ends it even if it is held. */
  destroy(): void;
  readonly closed: Promise<void>;
}

export interface LinkOptions {
  readonly client: Socket;
  readonly server: Socket;
  readonly toxics: (stream: Stream) => readonly Behaviour[];
  readonly clock: ProxyClock;
  /** Gets all bytes that reached the server. */
  readonly tap: Tap;
}

export function openLink({ client, server, toxics, clock, tap }: LinkOptions): Link {
  const sockets = [client, server];
  let hungUp: HangUp | null = null;
  let held = false;
  let ending: (() => void) | null = null;

  function hangUp(how: HangUp['how']): void {
    // A reset after a FIN only means that the client no longer listens. What it had sent is still on its way.
    hungUp ??= { how, atMs: clock.nowMs() };
  }
  client.on('end', () => hangUp('closed'));
  client.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'ECONNRESET') hangUp('reset');
  });

  function destroy(): void {
    for (const socket of sockets) socket.destroy();
  }

  function reset(): void {
    for (const socket of sockets) {
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  const link: Link = {
    destroy,
    close() {
      if (held) ending ??= destroy;
      else destroy();
    },
    reset() {
      if (held) ending ??= reset;
      else reset();
    },
    hungUp: () => hungUp,
    hold() {
      held = true;
    },
    letGo() {
      held = false;
      ending?.();
    },
    answer(bytes) {
      if (client.writable) client.write(bytes);
    },
    closed: Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    ).then(() => {}),
  };
  for (const socket of sockets) {
    socket.setNoDelay(true);
    socket.on('error', () => {}); // a broken connection is what this is for; `close` follows
  }
  // If the server cannot be reached, the client must not wait for it.
  server.once('close', () => {
    if (server.bytesRead + server.bytesWritten === 0) client.destroy();
  });
  openLane({
    stream: 'upstream',
    from: client,
    to: server,
    toxics: () => toxics('upstream'),
    victim: link,
    clock,
    tap,
  });
  openLane({
    stream: 'downstream',
    from: server,
    to: client,
    toxics: () => toxics('downstream'),
    victim: link,
    clock,
    tap: () => {},
  });
  return link;
}
