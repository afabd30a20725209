import type { Random } from '../random.ts';

/** Time, as the proxy needs it. Tests turn it by hand. */
export interface ProxyClock {
  nowMs(): number;
  /** Never keeps the process alive. */
  sleep(ms: number): Promise<void>;
}

export interface Tools {
  readonly clock: ProxyClock;
  readonly random: Random;
}

/** A run of bytes on its way, and when it reached the proxy. */
export interface Piece {
  readonly bytes: Buffer;
  readonly arrivedMs: number;
}

/** What a toxic may do to the connection of which it troubles one direction. */
export interface Victim {
  /** Ends it on both sides. */
  close(): void;
  /** Ends it on both sides with a TCP reset. */
  reset(): void;
}

/** One toxic at work on the connections of one proxy. */
export interface Behaviour {
  /** A connection comes under it: because it opens, or because the toxic is new. */
  meet?(victim: Victim): void;
  /** A piece comes through; `onward` passes on what is left of it. */
  pass?(piece: Piece, onward: (piece: Piece) => Promise<void>, victim: Victim): Promise<void>;
  /** The sender has closed; its close is passed on when this resolves. */
  end?(): Promise<void>;
  /** The toxic is removed. */
  leave?(victim: Victim): void;
}

/** The first `bytes` of a piece, and the rest. */
export function cutPiece(piece: Piece, bytes: number): readonly [Piece, Piece] {
  const { arrivedMs } = piece;
  return [
    { bytes: piece.bytes.subarray(0, bytes), arrivedMs },
    { bytes: piece.bytes.subarray(bytes), arrivedMs },
  ];
}
