/** The numbers as text: a line per world, then how often each invariant was looked at. */
import type { Exploration } from './search.ts';

export interface Explored {
  readonly name: string;
  readonly exploration: Pick<Exploration<unknown>, 'states' | 'transitions' | 'depth' | 'checks'>;
  readonly seconds: number;
}

export function summary({ name, exploration, seconds }: Explored): string {
  const { states, transitions, depth } = exploration;
  const numbers = [count(states, 'states'), count(transitions, 'transitions'), count(depth, 'steps deep')];
  return `${name.padEnd(38)}${numbers.join('  ')}  ${seconds.toFixed(1)} s`;
}

export function totals(all: readonly Explored[]): string {
  const names = new Set(all.flatMap(({ exploration }) => [...exploration.checks.keys()]));
  const lines = [...names].map((name) => {
    const checked = all.reduce((sum, { exploration }) => sum + (exploration.checks.get(name) ?? 0), 0);
    return `  ${name.padEnd(72)}${checked.toLocaleString('en-US').padStart(12)} times`;
  });
  const states = all.reduce((sum, { exploration }) => sum + exploration.states, 0);
  const transitions = all.reduce((sum, { exploration }) => sum + exploration.transitions, 0);
  return [
    'Checked, and held:',
    ...lines,
    `  ${'an end can be reached once faults stop'.padEnd(72)}${states.toLocaleString('en-US').padStart(12)} times`,
    `${count(states, 'states')} and ${count(transitions, 'transitions').trim()} in all.`,
  ].join('\n');
}

function count(value: number, of: string): string {
  return `${value.toLocaleString('en-US').padStart(10)} ${of}`;
}
