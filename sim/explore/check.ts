/** One world explored and judged. */
import { findStuck } from './liveness.ts';
import { type Bounds, type Exploration, explore, type Model } from './search.ts';
import { tell } from './story.ts';

export interface Checked<S> {
  readonly exploration: Exploration<S>;
  /** Null: everything holds. */
  readonly counterexample: { readonly broken: string; readonly story: readonly string[] } | null;
}

/** Throws `BoundExceeded` where the world is too big to be seen whole. */
export function check<S>(world: Model<S>, bounds: Bounds): Checked<S> {
  const exploration = explore(world, bounds);
  const { violation } = exploration;
  if (violation !== null) {
    const story = tell(world, exploration, violation.at, violation.step);
    return { exploration, counterexample: { broken: violation.broken, story } };
  }
  const stuck = findStuck(exploration);
  if (stuck === null) return { exploration, counterexample: null };
  const story = tell(world, exploration, stuck, null);
  return { exploration, counterexample: { broken: 'an end can be reached once faults stop', story } };
}
