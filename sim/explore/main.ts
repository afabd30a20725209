/**
 * Explores every world whole and prints what was seen. Exit code 1: an invariant does not hold (with the story
 * that leads there), something expected never happened, or a world is bigger than it may be.
 */
import { check } from './check.ts';
import { WORLDS } from './contracts.ts';
import { missing } from './marks.ts';
import { type Explored, summary, totals } from './report.ts';
import { BoundExceeded } from './search.ts';

/** Twice the biggest world of today; more would no longer fit the time and memory that a run may take. */
const MAX_STATES = 1_500_000;

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function run(): boolean {
  const all: Explored[] = [];
  const seen = new Set<string>();
  let failed = false;
  for (const world of WORLDS) {
    const startedMs = performance.now();
    const { exploration, counterexample } = check(world, { maxStates: MAX_STATES });
    const { states, transitions, depth, checks } = exploration;
    const seconds = (performance.now() - startedMs) / 1000;
    // The rest of an exploration is big, and must not be kept.
    const explored = { name: world.name, exploration: { states, transitions, depth, checks }, seconds };
    print(summary(explored));
    all.push(explored);
    for (const mark of exploration.marks) seen.add(mark);
    if (counterexample !== null) {
      failed = true;
      print(`\nDoes not hold: ${counterexample.broken}\n\n${counterexample.story.join('\n')}\n`);
    }
  }
  if (failed) return false;
  const never = missing(seen);
  if (never.length > 0) {
    print(`\nNever happened in any world, so that nothing is known of it: ${never.join('; ')}`);
    return false;
  }
  print(totals(all));
  return true;
}

try {
  process.exitCode = run() ? 0 : 1;
} catch (error) {
  if (!(error instanceof BoundExceeded)) throw error;
  print(`\nNot explored whole: ${error.message}. Choose a smaller scale.`);
  process.exitCode = 1;
}
