/** Explores one world after the other. It is a child process of `main.ts`. */
import { doTasks } from '../cores/cores.ts';
import type { Checked } from './check.ts';
import type { Explored } from './report.ts';
import { BoundExceeded } from './search.ts';
import { SEARCHED } from './worlds.ts';

/** `nth`: of `SEARCHED`. */
export interface WorldTask {
  readonly nth: number;
}

export type WorldResult =
  | {
      readonly kind: 'explored';
      readonly explored: Explored;
      readonly marks: ReadonlySet<string>;
      readonly counterexample: Checked<unknown>['counterexample'];
    }
  /** The world is bigger than it may be. */
  | { readonly kind: 'too_big'; readonly why: string };

doTasks(({ nth }: WorldTask): WorldResult => {
  const world = SEARCHED[nth];
  if (world === undefined) throw new Error(`There is no world ${nth}.`);
  const startedMs = performance.now();
  try {
    const { exploration, counterexample } = world.check();
    const { states, transitions, depth, checks, marks } = exploration;
    const seconds = (performance.now() - startedMs) / 1000;
    // The rest of an exploration is big, and stays here.
    const explored = { name: world.name, exploration: { states, transitions, depth, checks }, seconds };
    return { kind: 'explored', explored, marks: new Set(marks), counterexample };
  } catch (error) {
    if (!(error instanceof BoundExceeded)) throw error;
    return { kind: 'too_big', why: `${world.name}: ${error.message}` };
  }
});
