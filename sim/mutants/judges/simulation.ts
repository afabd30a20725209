/** The simulation as a judge: only a violated invariant is a catch, and the lowest seed that meets it is reported. */
import type { Verdict } from '../bug.ts';
import type { Runner } from '../runner.ts';
import { MARKER, type SeedsRan } from '../seeds-ran.ts';

/** A bug that needs more is not caught in time. */
const MAX_SEEDS = 10_000;

/** JavaScript's own words for a program that is broken, not wrong. */
const CRASH = /TypeError|ReferenceError|SyntaxError|RangeError/;

export async function judgeBySimulation(folder: string, runner: Runner, most = MAX_SEEDS): Promise<Verdict> {
  const ran = await runSeeds(folder, runner, String(most));
  if (typeof ran === 'string') return { kind: 'broken', why: ran };
  const { failure, seeds } = ran;
  if (failure === null) return { kind: 'missed' };
  const { invariant, message } = failure;
  if (CRASH.test(message)) return { kind: 'broken', why: `${invariant}: ${message}` };
  return { kind: 'caught', by: invariant, seeds };
}

/** Whether the unchanged tree passes the very seeds that caught something. Null: it does. */
export async function controlSeeds(
  folder: string,
  runner: Runner,
  seeds: readonly number[],
): Promise<string | null> {
  const ran = await runSeeds(folder, runner, `=${seeds.join(',')}`);
  if (typeof ran === 'string') return ran;
  return ran.failure === null
    ? null
    : `seed ${ran.failure.seed}: ${ran.failure.invariant}: ${ran.failure.message}`;
}

async function runSeeds(folder: string, runner: Runner, what: string): Promise<SeedsRan | string> {
  const { output, timedOut } = await runner.node(folder, ['dist-sim/sim/mutants/seeds.js', what]);
  if (timedOut) return 'the simulation did not end';
  const line = output.split('\n').find((each) => each.startsWith(MARKER));
  if (line === undefined) return output.trim().split('\n').slice(-3).join(' ');
  return JSON.parse(line.slice(MARKER.length)) as SeedsRan;
}
