/**
 * Breadth first, in layers of faults: every state is reached with as few faults as it takes, and with these by
 * as few steps as it takes. A state already reached with fewer faults is not entered again, for whatever follows
 * from it with few faults left follows with more.
 */
import { encode } from './encode.ts';
import { createIntList, type IntList } from './int-list.ts';
import { type Checks, createJudge, type Invariant } from './invariants.ts';
import type { State, Step, World } from './model.ts';
import { initialStates, stepsFrom } from './steps.ts';

export interface Bounds {
  readonly maxStates: number;
}

/** What was found; `edges` holds pairs (from, to) of steps without a fault. */
export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** Steps of the longest of all shortest stories. */
  readonly depth: number;
  readonly checks: Checks;
  readonly marks: ReadonlySet<string>;
  readonly parents: IntList;
  readonly edges: IntList;
  /** States that may stay as they are: settled and quiet, or with a person. */
  readonly ended: IntList;
  readonly index: ReadonlyMap<string, number>;
  readonly violation: Violation | null;
}

export interface Violation {
  readonly broken: Invariant | string;
  /** The last state of the story, before the step if there is one. */
  readonly at: number;
  /** The step that broke it; null: the state itself does. */
  readonly step: Step | null;
}

/** Thrown where the search would have to stop before it has seen everything. */
export class BoundExceeded extends Error {}

interface Found {
  readonly id: number;
  readonly state: State;
}

export function explore(world: World, bounds: Bounds): Exploration {
  const judge = createJudge(world);
  const index = new Map<string, number>();
  const parents = createIntList();
  const depths = createIntList();
  const edges = createIntList();
  const ended = createIntList();
  const marks = new Set<string>();
  // By faults used, then by depth.
  const layers: Found[][][] = Array.from({ length: world.maxFaults + 1 }, () => []);
  let transitions = 0;
  let depth = 0;

  /** The state's number; met for the first time, it is put where it will be gone on from. */
  function meet(state: State, from: { readonly id: number; readonly depth: number }, used: number): number {
    const key = encode(state, world);
    const known = index.get(key);
    if (known !== undefined && known >= 0) return known;
    if (index.size >= bounds.maxStates)
      throw new BoundExceeded(`${world.name}: more than ${bounds.maxStates} states`);
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

  function result(violation: Violation | null): Exploration {
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

  for (const state of initialStates(world)) meet(state, { id: -1, depth: -1 }, 0);
  for (const [used, layer] of layers.entries()) {
    for (let level = 0; level < layer.length; level += 1) {
      for (const { id, state } of layer[level] ?? []) {
        depth = Math.max(depth, level);
        const wrong = judge.state(state);
        if (wrong !== null) return result({ broken: wrong, at: id, step: null });
        if (hasEnded(state)) ended.push(id);
        for (const step of stepsFrom(state, world, world.maxFaults - used)) {
          transitions += 1;
          note(marks, state, step);
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

/** Nothing is left to do: settled, nobody at work, no evidence to check; or a person must decide. */
function hasEnded({ row, workers }: State): boolean {
  if (workers.some(({ stage }) => stage.at !== 'idle')) return false;
  const { status } = row.operation;
  if (status === 'REVIEW') return true;
  return (status === 'COMPLETED' || status === 'FAILED') && row.evidence === 0 && row.due === null;
}

/** What must have been seen at least once over all worlds. */
function note(marks: Set<string>, before: State, { faults, mark, decision, next }: Step): void {
  for (const fault of faults) marks.add(fault);
  if (mark !== undefined) marks.add(mark);
  if (decision !== undefined) marks.add(decision.event.type);
  const from = before.row.operation.status;
  const to = next.row.operation.status;
  if (from !== to) marks.add(MOVE_NAMES[from][to]);
}

const NAMES = ['PROCESSING', 'COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW'] as const;
type Name = (typeof NAMES)[number];
/** Made once: marks are noted at every step. */
const MOVE_NAMES = Object.fromEntries(
  NAMES.map((from) => [from, Object.fromEntries(NAMES.map((to) => [to, `${from} -> ${to}`]))]),
) as Readonly<Record<Name, Readonly<Record<Name, string>>>>;
