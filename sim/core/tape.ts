/**
 * The one source of chance. Every choice of a run is a number read from a tape: recorded from a seeded generator
 * the first time, replayed from the record afterwards. A shorter or flatter tape is a simpler run, because zero
 * always means the plainest choice and a tape that has ended goes on with zeros.
 */
export interface Tape {
  /** An integer in [0, bound); 0 is the plainest choice. */
  below(bound: number): number;
  /** True about `perMille` times in a thousand; draws nothing where that is 0. */
  chance(perMille: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** Everything drawn so far, to be replayed or shortened. */
  readonly drawn: readonly number[];
}

/** A tape that records what a generator with this seed says. */
export function seededTape(seed: number): Tape {
  return tapeFrom(generator(seed));
}

/** A tape that says what was recorded, then zeros. */
export function replayedTape(recorded: readonly number[]): Tape {
  let position = 0;
  return tapeFrom(() => recorded[position++] ?? 0);
}

/**
 * A tape that gives the same answer to the same question, however often and in whatever order it is asked. So what happens in one place changes
 * nothing elsewhere.
 */
export function steadyTape(seed: number): Tape {
  const answers = new Map<string, number>();
  function answer(question: string, bound: number): number {
    const known = answers.get(question) ?? generator(seed + 2 ** 32 * textHash(question))();
    answers.set(question, known);
    return known % bound;
  }
  const below = (bound: number): number => answer(`${bound}`, bound);
  return {
    below,
    chance: (perMille) => answer(`chance ${perMille}`, 1000) >= 1000 - perMille,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    drawn: [],
  };
}

/** FNV-1a, 20 bits: with the seed in front of it, it is still a safe integer. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0) % 2 ** 20;
}

function tapeFrom(next: () => number): Tape {
  const drawn: number[] = [];
  function below(bound: number): number {
    const value = next() % bound;
    drawn.push(value);
    return value;
  }
  return {
    below,
    chance: (perMille) => perMille > 0 && below(1000) >= 1000 - perMille,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    drawn,
  };
}

/** sfc32 by Chris Doty-Humphrey (PractRand): 128 bits of state, passes the usual batteries, four additions a number. */
function generator(seed: number): () => number {
  let a = seed >>> 0;
  let b = Math.floor(seed / 2 ** 32) >>> 0;
  let c = 0x9e3779b9;
  let counter = 1;
  function next(): number {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = (b ^ (b >>> 9)) >>> 0;
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + sum) >>> 0;
    return sum;
  }
  // Close seeds start close together; a dozen rounds part them.
  for (let round = 0; round < 12; round += 1) next();
  return next;
}
