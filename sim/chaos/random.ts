/**
 * All random choices of a chaos run. Every part draws from a stream of its own, named after the part. So the answers that
 * one client gets do not change what the schedule or another client does.
 */
import { createHash } from 'node:crypto';

export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  shuffle<T>(items: readonly T[]): T[];
}

/** The stream of one part of the run: the same seed and name give the same numbers. */
export function createRandom(seed: number, name: string): Random {
  const float = mulberry(createHash('sha256').update(`${seed}/${name}`).digest().readUInt32LE(0));
  const int = (min: number, max: number): number => min + Math.floor(float() * (max - min + 1));
  return {
    float,
    int,
    chance: (probability) => float() < probability,
    pick: (choices) => choices[int(0, choices.length - 1)] ?? choices[0],
    shuffle(items) {
      const dealt: (typeof items)[number][] = [];
      for (const item of items) dealt.splice(int(0, dealt.length), 0, item);
      return dealt;
    },
  };
}

/** Tommy Ettinger's mulberry32, uniform in [0, 1). It is small, gives the same numbers everywhere, and is good enough to choose faults. */
export function mulberry(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
