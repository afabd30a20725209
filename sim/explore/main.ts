/**
 * Explores every world whole and prints what was seen. Exit code 1: an invariant does not hold (with the story
 * that leads there), something expected never happened, or a world is bigger than it may be.
 */
import { type Checked, check } from './check.ts';
import {
  ENDS_WORLDS,
  OPERATED_WORLDS,
  PAIR_WORLDS,
  REFUND_WORLDS,
  TWO_STEP_WORLDS,
  WORLDS,
} from './contracts.ts';
import { endsPair } from './ends-pair.ts';
import { missing } from './marks.ts';
import { pair } from './pair.ts';
import { type Explored, summary, totals } from './report.ts';
import { BoundExceeded, type Model } from './search.ts';
import { single } from './single.ts';

/** Twice the biggest world of today; more would no longer fit the time and memory that a run may take. */
const MAX_STATES = 1_500_000;

/** Each kind of model has its own states, so a search is started here. */
const SEARCHED: readonly { readonly name: string; readonly check: () => Checked<unknown> }[] = [
  ...[...WORLDS, ...TWO_STEP_WORLDS, ...REFUND_WORLDS, ...OPERATED_WORLDS].map(single).map(searched),
  ...PAIR_WORLDS.map(pair).map(searched),
  ...ENDS_WORLDS.map(endsPair).map(searched),
];

function searched<S>(model: Model<S>): { readonly name: string; readonly check: () => Checked<unknown> } {
  return { name: model.name, check: () => check(model, { maxStates: MAX_STATES }) as Checked<unknown> };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function run(): boolean {
  const all: Explored[] = [];
  const seen = new Set<string>();
  let failed = false;
  for (const world of SEARCHED) {
    const startedMs = performance.now();
    const { exploration, counterexample } = world.check();
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
