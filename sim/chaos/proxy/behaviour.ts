import type { Random } from '../random.ts';
import type { Stream } from './toxic.ts';

/** Time, as the proxy needs it. Tests turn it by hand. */
export interface ProxyClock {
  nowMs(): number;
  /** Never keeps the process alive. */
  sleep(ms: number): Promise<void>;
}

export interface Tools {
  readonly clock: ProxyClock;
  readonly random: Random;
  /** Whether the program that connects was frozen, killed or told to stop at any time between these two. */
  readonly disturbed: (fromMs: number, untilMs: number) => boolean;
}

/** A run of bytes on its way, and when it reached the proxy. */
export interface Piece {
  readonly bytes: Buffer;
  readonly stream: Stream;
  readonly arrivedMs: number;
}

/** What a toxic may do to the connection of which it troubles one direction. */
export interface Victim {
  /** Ends it on both sides. */
  close(): void;
  /** Ends it on both sides with a TCP reset. */
  reset(): void;
  /** How and when the client left it, as far as it has: with a FIN, or with a RST. */
  hungUp(): HangUp | null;
  /** From now on nothing that happens to the network ends it, until it is let go of. */
  hold(): void;
  letGo(): void;
  /** Says something to the client that the server never said. */
  answer(bytes: Buffer): void;
}

export interface HangUp {
  readonly how: 'closed' | 'reset';
  readonly atMs: number;
}

/** One toxic at work on the connections of one proxy. */
export interface Behaviour {
  /** A connection comes under it: because it opens, or because the toxic is new. */
  meet?(victim: Victim): void;
  /** A piece comes through; `onward` passes on what is left of it. */
  pass?(piece: Piece, onward: (piece: Piece) => Promise<void>, victim: Victim): Promise<void>;
  /** The sender has closed; its close is passed on when this resolves. */
  end?(victim: Victim): Promise<void>;
  /** The toxic is removed. */
  leave?(victim: Victim): void;
  /** Of a toxic that picks its own moment: resolves when it has begun to do harm. */
  readonly met?: Promise<void>;
  /** Resolves when it will do no more. */
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
