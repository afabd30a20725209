/**
 * Finds a short story of a failure. The tape is cut and flattened as long as the same invariant still breaks. Every pass
 * is deterministic, so within the limits a seed always shrinks to the same story.
 */
import { replayedTape } from '../core/tape.ts';
import { type RunResult, run } from './run.ts';

export interface Shrunk {
  readonly result: RunResult;
  readonly runs: number;
  /** Events of all these runs. */
  readonly steps: number;
}

export interface ShrinkLimits {
  /** The most runs. Default 3,000: a run takes a few milliseconds. */
  readonly runs?: number;
  /**
   * The most events of all runs together: after that, no run begins. This limits the time as a clock would, but a seed still shrinks to
   * the same story everywhere. Default 1,000,000, which takes about ten seconds.
   */
  readonly steps?: number;
}

const MAX_RUNS = 3000;
const MAX_STEPS = 1_000_000;

export async function shrink(failed: RunResult, limits: ShrinkLimits = {}): Promise<Shrunk> {
  const { runs: maxRuns = MAX_RUNS, steps: maxSteps = MAX_STEPS } = limits;
  const invariant = failed.violation?.invariant;
  let best = failed;
  let runs = 0;
  let steps = 0;

  const ended = (): boolean => runs >= maxRuns || steps >= maxSteps;

  async function attempt(tape: readonly number[]): Promise<boolean> {
    if (ended()) return false;
    runs += 1;
    const result = await run(replayedTape(tape), { keepStory: true });
    steps += result.steps;
    if (result.violation?.invariant !== invariant || !isSimpler(result, best)) return false;
    best = result;
    return true;
  }

  /** Tries a change at every place, in smaller and smaller pieces. */
  async function pass(change: (tape: number[], from: number, length: number) => number[]): Promise<void> {
    for (let length = best.drawn.length >> 1; length >= 1 && !ended(); length >>= 1) {
      for (let from = 0; from < best.drawn.length && !ended(); from += length) {
        while (await attempt(change([...best.drawn], from, length)));
      }
    }
  }

  for (let before = -1; before !== cost(best) && !ended(); ) {
    before = cost(best);
    await pass((tape, from, length) => tape.toSpliced(from, length));
    await pass((tape, from, length) => tape.fill(0, from, from + length));
  }
  return { result: best, runs, steps };
}

/** Fewer events first, then fewer choices that are not zero. */
function cost(result: RunResult): number {
  return result.steps * 10_000 + result.drawn.filter((value) => value !== 0).length;
}

function isSimpler(a: RunResult, b: RunResult): boolean {
  return cost(a) < cost(b);
}
