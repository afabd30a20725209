/**
 * Breadth first, in layers of faults: every state is reached with as few faults as it takes, and with these by
 * as few steps as it takes. A state already reached with fewer faults is not entered again, for whatever follows
 * from it with few faults left follows with more.
 */
import { createIntList, type IntList } from './int-list.ts';
import type { Step } from './model.ts';

/** What is searched: the states, and how one follows from another. */
export interface Model<S> {
  readonly name: string;
  /** Faults in one story at most. */
  readonly maxFaults: number;
  readonly initial: () => readonly S[];
  /** All steps that cost at most `budget` faults. */
  readonly steps: (state: S, budget: number) => readonly Move<S>[];
  /** Two states with one string are the same to every rule. */
  readonly encode: (state: S) => string;
  readonly judge: () => Judge<S>;
  /** Whether it may stay as it is: settled and quiet, or with a person. */
  readonly hasEnded: (state: S) => boolean;
  /** The marks of a step beside its faults, its own mark and its event. */
  readonly moves: (before: S, after: S) => readonly string[];
  readonly describe: (state: S) => string;
}

/** One thing that happens. */
export interface Move<S> extends Pick<Step, 'who' | 'what' | 'faults' | 'mark' | 'decision'> {
  readonly next: S;
}

/** The checks of one search; each returns the first invariant that does not hold, or null. */
export interface Judge<S> {
  state(state: S): string | null;
  step(before: S, step: Move<S>): string | null;
  /** How often each invariant was looked at. */
  readonly checks: ReadonlyMap<string, number>;
}

export interface Bounds {
  readonly maxStates: number;
}

/** What was found; `edges` holds pairs (from, to) of steps without a fault. */
export interface Exploration<S> {
  readonly states: number;
  readonly transitions: number;
  /** Steps of the longest of all shortest stories. */
  readonly depth: number;
  readonly checks: ReadonlyMap<string, number>;
  readonly marks: ReadonlySet<string>;
  readonly parents: IntList;
  readonly edges: IntList;
  /** States that may stay as they are: settled and quiet, or with a person. */
  readonly ended: IntList;
  readonly index: ReadonlyMap<string, number>;
  readonly violation: Violation<S> | null;
}

export interface Violation<S> {
  readonly broken: string;
  /** The last state of the story, before the step if there is one. */
  readonly at: number;
  /** The step that broke it; null: the state itself does. */
  readonly step: Move<S> | null;
}

/** Thrown where the search would have to stop before it has seen everything. */
export class BoundExceeded extends Error {}

interface Found<S> {
  readonly id: number;
  readonly state: S;
}

export function explore<S>(model: Model<S>, bounds: Bounds): Exploration<S> {
  const judge = model.judge();
  const index = new Map<string, number>();
  const parents = createIntList();
  const depths = createIntList();
  const edges = createIntList();
  const ended = createIntList();
  const marks = new Set<string>();
  // By faults used, then by depth.
  const layers: Found<S>[][][] = Array.from({ length: model.maxFaults + 1 }, () => []);
  let transitions = 0;
  let depth = 0;

  /** The state's number; met for the first time, it is put where it will be gone on from. */
  function meet(state: S, from: { readonly id: number; readonly depth: number }, used: number): number {
    const key = model.encode(state);
    const known = index.get(key);
    if (known !== undefined && known >= 0) return known;
    if (index.size >= bounds.maxStates)
      throw new BoundExceeded(`${model.name}: more than ${bounds.maxStates} states`);
    const id = index.size;
    index.set(key, id);
    parents.push(from.id);
    depths.push(from.depth + 1);
    const layer = layers[used];
    if (layer === undefined) throw new Error('A step cost more faults than were left.');
    let level = layer[from.depth + 1];
    if (level === undefined) {
      level = [];
      layer[from.depth + 1] = level;
    }
    level.push({ id, state });
    return id;
  }

  function result(violation: Violation<S> | null): Exploration<S> {
    const states = index.size;
    return {
      states,
      transitions,
      depth,
      checks: judge.checks,
      marks,
      parents,
      edges,
      ended,
      index,
      violation,
    };
  }

  for (const state of model.initial()) meet(state, { id: -1, depth: -1 }, 0);
  for (const [used, layer] of layers.entries()) {
    for (let level = 0; level < layer.length; level += 1) {
      for (const { id, state } of layer[level] ?? []) {
        depth = Math.max(depth, level);
        const wrong = judge.state(state);
        if (wrong !== null) return result({ broken: wrong, at: id, step: null });
        if (model.hasEnded(state)) ended.push(id);
        for (const step of model.steps(state, model.maxFaults - used)) {
          transitions += 1;
          note(marks, step);
          for (const move of model.moves(state, step.next)) marks.add(move);
          const broken = judge.step(state, step);
          if (broken !== null) return result({ broken, at: id, step });
          const to = meet(step.next, { id, depth: level }, used + step.faults.length);
          if (step.faults.length === 0 && to !== id) {
            edges.push(id);
            edges.push(to);
          }
        }
      }
      // Gone through; the memory is needed.
      layer[level] = [];
    }
  }
  return result(null);
}

/** What must have been seen at least once over all worlds. */
function note(
  marks: Set<string>,
  { faults, mark, decision }: Pick<Step, 'faults' | 'mark' | 'decision'>,
): void {
  for (const fault of faults) marks.add(fault);
  if (mark !== undefined) marks.add(mark);
  if (decision !== undefined) marks.add(decision.event.type);
}
