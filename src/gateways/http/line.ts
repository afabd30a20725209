/**
 * The connection that a client of the pool has at the moment: what it has served, and how it ends. An answer is matched
 * with its request by nothing but its place on the connection, so whoever wants proof must know what else was on it.
 */
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';

/** Who is carried by a connection is told by which one, before it is written to. */
export interface LineUser {
  line: Line | null;
}

/** Options of a dispatch, with the one to be told. */
export type LineOptions = Dispatcher.DispatchOptions & { readonly user: LineUser };

export class Line {
  #socket: Socket | null = null;
  #requests = 0;
  /** Waits for the end of the connection; told whether another byte came before it. */
  #onEnd: ((more: boolean) => void) | null = null;
  #isLingering = false;
  #more = false;

  /** A new connection, in place of the one before. */
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

  /** Ends the connection at once. What of a request is not delivered yet is thrown away. */
  end(): void {
    this.#socket?.destroy();
  }

  /** Calls back when the other side has ended the connection, after an answer that is complete. Call `end` to wait no longer. */
  whenEnded(callback: (more: boolean) => void): void {
    this.#onEnd = callback;
    if (this.#socket === null || this.#socket.destroyed) this.#ended();
  }

  /**
   * Whether to leave the connection open, although undici wants to destroy it: somebody waits for the other side to end it.
   * Only the first wish is refused; an end, an error or our own patience is obeyed.
   */
  keepsOpen(socket: Socket): boolean {
    if (this.#onEnd === null || this.#isLingering || socket.readableEnded) return false;
    this.#isLingering = true;
    // undici reads no more, and puts back what it has read beyond the answer.
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
