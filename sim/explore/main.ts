/**
 * Explores every world whole and prints what was seen. Exit code 1: an invariant does not hold (with the story
 * that leads there), something expected never happened, or a world is bigger than it may be.
 */
import { onAllCores } from '../cores/cores.ts';
import { missing } from './marks.ts';
import { type Explored, summary, totals } from './report.ts';
import type { WorldResult, WorldTask } from './worker.ts';
import { SEARCHED } from './worlds.ts';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const all: Explored[] = [];
const seen = new Set<string>();
let failed = false;
const tasks = SEARCHED.map((_, nth) => ({ nth }));
await onAllCores<WorldTask, WorldResult>(new URL('./worker.js', import.meta.url), tasks, (result) => {
  if (result.kind === 'too_big') {
    failed = true;
    print(`\nNot explored whole: ${result.why}. Choose a smaller scale.`);
    return;
  }
  const { explored, marks, counterexample } = result;
  print(summary(explored));
  all.push(explored);
  for (const mark of marks) seen.add(mark);
  if (counterexample === null) return;
  failed = true;
  print(`\nDoes not hold: ${counterexample.broken}\n\n${counterexample.story.join('\n')}\n`);
});
const never = failed ? [] : missing(seen);
if (never.length > 0)
  print(`\nNever happened in any world, so that nothing is known of it: ${never.join('; ')}`);
else if (!failed) print(totals(all));
process.exitCode = failed || never.length > 0 ? 1 : 0;
