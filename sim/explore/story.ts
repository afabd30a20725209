/** A path through the states as a numbered story in plain words, with what the row and the gateway look like. */
import type { Book, State, Thing, Worker } from './model.ts';
import type { Exploration, Model, Move } from './search.ts';

/** Describes how state `at` came about, and then `last`. */
export function tell<S>(
  model: Model<S>,
  exploration: Exploration<S>,
  at: number,
  last: Move<S> | null,
): string[] {
  const { index, parents } = exploration;
  const path: number[] = [];
  for (let id = at; id >= 0; id = parents.at(id)) path.unshift(id);
  const numberOf = (state: S): number | undefined => index.get(model.encode(state));
  const line = (number: number, ticks: number, what: string, now: S, faults: readonly string[]): string =>
    told(number, ticks, what, model.describe(now), faults);
  const beginning = model.initial().find((initial) => numberOf(initial) === path[0]);
  if (beginning === undefined) throw new Error('A story without a beginning.');
  let state: S = beginning;
  let ticks = 0;
  const lines = [line(1, ticks, 'it is accepted', state, [])];
  for (const id of path.slice(1)) {
    const step = cheapest(model.steps(state, model.maxFaults).filter(({ next }) => numberOf(next) === id));
    if (step === undefined) throw new Error('A story with a gap.');
    if (step.who === 'time') ticks += 1;
    state = step.next;
    lines.push(line(lines.length + 1, ticks, sentence(step), state, step.faults));
  }
  if (last !== null) lines.push(line(lines.length + 1, ticks, sentence(last), last.next, last.faults));
  return lines;
}

function cheapest<S>(steps: readonly Move<S>[]): Move<S> | undefined {
  return [...steps].sort((a, b) => a.faults.length - b.faults.length)[0];
}

function sentence({ who, what }: Pick<Move<unknown>, 'who' | 'what'>): string {
  if (who === 'time') return what;
  if (who === 0) return `worker A ${what}`;
  if (who === 1) return `worker B ${what}`;
  return `the ${who} ${what}`;
}

function told(number: number, ticks: number, what: string, state: string, faults: readonly string[]): string {
  const fault = faults.length === 0 ? '' : ` [fault: ${faults.join(', ')}]`;
  return `${String(number).padStart(3)}. t=${ticks} ${what}${fault}\n       ${state}`;
}

export function describe({ row, workers, books, late, thing }: State): string {
  const { n, status, step, attempts, doubt } = row.operation;
  const until = doubt.kind === 'none' ? '' : ` until ${signed(doubt.untilMs)}`;
  const when = row.due === null ? 'idle' : `${row.held ? 'held until' : 'due'} ${signed(row.due)}`;
  const evidence = row.evidence > 0 ? `, ${row.evidence} evidence` : '';
  const requests = late
    .map((one) => `${one.seal === true ? 'a seal' : `charge ${one.n}`} for ${one.left}`)
    .join(', ');
  return (
    `row: charge ${n} ${status}, next ${step}, ${attempts} calls, doubt ${doubt.kind}${until}, ${when}${evidence}; ` +
    `gateway: ${thing === null ? `${shown(books[0])} / ${shown(books[1])}` : shownThing(thing)}${requests === '' ? '' : `; may still land: ${requests}`}; ` +
    `A ${place(workers[0])}, B ${place(workers[1])}`
  );
}

/** Where a worker is; outdated: its claim is no longer the row's. */
function place({ stage: { at }, current }: Worker): string {
  return at === 'idle' || current ? at : `${at} (outdated)`;
}

function shown({ charges, bound, age }: Book): string {
  const list = charges.length === 0 ? 'nothing' : charges.map(({ status }) => status).join('+');
  if (bound === null) return list;
  return `${list} (key used ${age} ago${bound === 'error' ? ', keeps an error' : ''})`;
}

function shownThing({ status, stored, bound }: Thing): string {
  return `${status}${stored ? ', stored' : ''}${bound === null ? '' : `, its key says ${bound}`}`;
}

/** A moment relative to now. */
function signed(ticks: number): string {
  return ticks >= 0 ? `+${ticks}` : String(ticks);
}
