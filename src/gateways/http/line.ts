/**
 * The current connection of a client of the pool: what it has served, and how it ends. Only its place on the connection matches an
 * answer with its request. So proof needs to know what else was on the connection.
 */
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';

/** A request that gets its connection set here, before it is written. */
export interface LineUser {
  line: Line | null;
}

/** The options of a dispatch, with the request that gets its connection. */
export type LineOptions = Dispatcher.DispatchOptions & { readonly user: LineUser };

export class Line {
  #socket: Socket | null = null;
  #requests = 0;
  /** Called at the end of the connection, with whether another byte came before it. */
  #onEnd: ((more: boolean) => void) | null = null;
  #isLingering = false;
  #more = false;

  /** Replaces the connection by a new one. */
  opened(socket: Socket): void {
    this.#socket = socket;
    this.#requests = 0;
    this.#isLingering = false;
    this.#more = false;
    socket.once('close', () => this.#ended());
  }

  /** Counts a request that is about to be written. `true` if it is the first on its connection. */
  takes(): boolean {
    this.#requests += 1;
    return this.#requests === 1;
  }

  /** Ends the connection at once. The part of a request that is not delivered yet is thrown away. */
  end(): void {
    this.#socket?.destroy();
  }

  /** After a complete answer: calls back when the other side has ended the connection. Call `end` to stop waiting. */
  whenEnded(callback: (more: boolean) => void): void {
    this.#onEnd = callback;
    if (this.#socket === null || this.#socket.destroyed) this.#ended();
  }

  /**
   * Whether to leave the connection open although undici wants to destroy it, because `whenEnded` waits for the other side to end it.
   * Only the first attempt is refused. A later one, after an end, an error or our timeout, destroys it.
   */
  keepsOpen(socket: Socket): boolean {
    if (this.#onEnd === null || this.#isLingering || socket.readableEnded) return false;
    this.#isLingering = true;
    // undici has stopped reading, and has put back the bytes after the answer.
    const look = (): void => {
      if (socket.read() === null) return;
      this.#more = true;
      socket.destroy();
    };
    socket.on('readable', look);
    setImmediate(look);
    return true;
  }

  #ended(): void {
    const onEnd = this.#onEnd;
    this.#onEnd = null;
    onEnd?.(this.#more);
  }
}
