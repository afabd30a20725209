/** One connection through the proxy: two sockets, two lanes. */
import type { Socket } from 'node:net';
import type { Behaviour, ProxyClock, Victim } from './behaviour.ts';
import { openLane } from './lane.ts';
import type { Stream } from './toxic.ts';

export interface Link extends Victim {
  readonly closed: Promise<void>;
}

export interface LinkOptions {
  readonly client: Socket;
  readonly server: Socket;
  readonly toxics: (stream: Stream) => readonly Behaviour[];
  readonly clock: ProxyClock;
  /** Hears what reached the server. */
  readonly tap: (bytes: Buffer) => void;
}

export function openLink({ client, server, toxics, clock, tap }: LinkOptions): Link {
  const sockets = [client, server];
  const link: Link = {
    close() {
      for (const socket of sockets) socket.destroy();
    },
    reset() {
      for (const socket of sockets) {
        if (socket.connecting) socket.destroy();
        else socket.resetAndDestroy();
      }
    },
    closed: Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    ).then(() => {}),
  };
  for (const socket of sockets) {
    socket.setNoDelay(true);
    socket.on('error', () => {}); // a broken connection is what this is for; `close` follows
  }
  // Where the server cannot be reached, its client must not wait for it.
  server.once('close', () => {
    if (server.bytesRead + server.bytesWritten === 0) client.destroy();
  });
  openLane({ from: client, to: server, toxics: () => toxics('upstream'), victim: link, clock, tap });
  openLane({
    from: server,
    to: client,
    toxics: () => toxics('downstream'),
    victim: link,
    clock,
    tap: () => {},
  });
  return link;
}
