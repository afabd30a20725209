import type { Random } from '../random.ts';
import type { Stream } from './toxic.ts';

/** The proxy's clock. Tests move it by hand. */
export interface ProxyClock {
  nowMs(): number;
  /** Does not keep the process alive. */
  sleep(ms: number): Promise<void>;
}

export interface Tools {
  readonly clock: ProxyClock;
  readonly random: Random;
  /** Whether the program that connects was frozen, killed or stopped at any time between these two. */
  readonly disturbed: (fromMs: number, untilMs: number) => boolean;
}

/** Some bytes on their way, and when they reached the proxy. */
export interface Piece {
  readonly bytes: Buffer;
  readonly stream: Stream;
  readonly arrivedMs: number;
}

/** What a toxic may do to the connection whose bytes it gets. */
export interface Victim {
  /** Ends it on both sides. */
  close(): void;
  /** Ends it on both sides with a TCP reset. */
  reset(): void;
  /** How and when the client left: with a FIN or with a RST. Null: it has not. */
  hungUp(): HangUp | null;
  /** From now on no fault of the network ends it, until `letGo`. */
  hold(): void;
  letGo(): void;
  /** Sends the client something that the server never sent. */
  answer(bytes: Buffer): void;
}

export interface HangUp {
  readonly how: 'closed' | 'reset';
  readonly atMs: number;
}

/** One toxic at work on the connections of one proxy. */
export interface Behaviour {
  /** A connection begins to be affected: it opens, or the toxic is added. */
  meet?(victim: Victim): void;
  /** A piece arrives. `onward` passes on what is left of it. */
  pass?(piece: Piece, onward: (piece: Piece) => Promise<void>, victim: Victim): Promise<void>;
  /** The sender has closed. Its close is passed on when this resolves. */
  end?(victim: Victim): Promise<void>;
  /** The toxic is removed. */
  leave?(victim: Victim): void;
  /** Only for a toxic that picks its own moment. Resolves when it has begun to do harm. */
  readonly met?: Promise<void>;
  /** Resolves when it does no more harm. */
  readonly over?: Promise<void>;
  /** How often it has done its harm. */
  count?(): number;
}

/** The first `bytes` of a piece, and the rest. */
export function cutPiece(piece: Piece, bytes: number): readonly [Piece, Piece] {
  return [
    { ...piece, bytes: piece.bytes.subarray(0, bytes) },
    { ...piece, bytes: piece.bytes.subarray(bytes) },
  ];
}
