/**
 * When faults stop, an end can be reached from every state: settled with nothing left to do, or in review. Looked
 * for backwards from the ends, over the steps that cost no fault.
 */
import type { Exploration } from './search.ts';

/** The first state from which no end can be reached, or null. */
export function findStuck({ states, edges, ended }: Exploration<unknown>): number | null {
  // The steps, turned round and grouped by where they lead.
  const starts = new Int32Array(states + 2);
  for (let at = 1; at < edges.length; at += 2) {
    const to = edges.at(at);
    starts[to + 2] = (starts[to + 2] ?? 0) + 1;
  }
  for (let id = 2; id < starts.length; id += 1) starts[id] = (starts[id] ?? 0) + (starts[id - 1] ?? 0);
  const sources = new Int32Array(edges.length / 2);
  for (let at = 1; at < edges.length; at += 2) {
    const to = edges.at(at);
    const place = starts[to + 1] ?? 0;
    sources[place] = edges.at(at - 1);
    starts[to + 1] = place + 1;
  }
  const ends = new Uint8Array(states);
  const queue = new Int32Array(states);
  let filled = 0;
  const reach = (id: number): void => {
    if (ends[id] === 1) return;
    ends[id] = 1;
    queue[filled] = id;
    filled += 1;
  };
  for (let at = 0; at < ended.length; at += 1) reach(ended.at(at));
  for (let at = 0; at < filled; at += 1) {
    const id = queue[at] ?? 0;
    for (let edge = starts[id] ?? 0; edge < (starts[id + 1] ?? 0); edge += 1) reach(sources[edge] ?? 0);
  }
  const stuck = ends.indexOf(0);
  return stuck < 0 ? null : stuck;
}
