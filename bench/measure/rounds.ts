/**
 * Windows in turn, A B B A …: only one contestant is under load at a time, and each round holds one window of every
 * contestant, so that what disturbs the machine for a while disturbs all of them alike, and who comes first gains nothing.
 */
import type { Statuses } from '../load/counts.ts';
import type { Latency } from '../load/latency.ts';
import type { Contestant } from '../stage/contestants.ts';
import type { Stage } from '../stage/stage.ts';
import { type Cost, measureWindow, type WindowOptions } from './window.ts';

/** The part of a window that is kept. */
export interface Window {
  readonly subject: string;
  readonly connections: number;
  /** From 1. */
  readonly round: number;
  /** Answers that are as they should be. */
  readonly perSecond: number;
  readonly latency: Latency;
  /** In the window, by status. */
  readonly statuses: Statuses;
  /** Answers in the window that are not what they should be. */
  readonly errors: number;
  readonly cost: Cost;
  readonly walBytes: number;
  readonly residentMb: number;
}

export interface Timing {
  readonly rounds: number;
  readonly warmUpMs: number;
  /** Of each contestant's first window: it has never been under load. */
  readonly firstWarmUpMs: number;
  readonly windowMs: number;
}

export interface RoundsOptions {
  readonly stage: Stage;
  readonly contestants: readonly Contestant[];
  readonly connections: readonly number[];
  readonly timing: Timing;
  /** Statuses that are as they should be. */
  readonly expected: readonly number[];
  /** Prepares one window: what is asked, and what is looked at when it is over. */
  readonly prepare: (contestant: Contestant) => Promise<Prepared>;
}

export interface Prepared extends Pick<WindowOptions, 'next' | 'onAnswer'> {
  /** Gets the answers of the whole run by status, warm-up included. */
  readonly judge: (all: Statuses) => Promise<void>;
}

export async function measureRounds(options: RoundsOptions): Promise<readonly Window[]> {
  const { stage, contestants, connections, timing } = options;
  const warm = new Set<Contestant>();
  const windows: Window[] = [];
  for (let round = 1; round <= timing.rounds; round += 1) {
    for (const count of connections) {
      for (const contestant of round % 2 === 1 ? contestants : contestants.toReversed()) {
        const warmUpMs = warm.has(contestant) ? timing.warmUpMs : timing.firstWarmUpMs;
        warm.add(contestant);
        const window = await measureOne(options, contestant, { connections: count, round, warmUpMs });
        windows.push(window);
        stage.say(
          `    round ${round}, ${count} connections, ${window.subject}: ${Math.round(window.perSecond)} a second`,
        );
      }
    }
  }
  return windows;
}

async function measureOne(
  { stage, timing, prepare, expected }: RoundsOptions,
  contestant: Contestant,
  { connections, round, warmUpMs }: { connections: number; round: number; warmUpMs: number },
): Promise<Window> {
  const { judge, ...asked } = await prepare(contestant);
  const { windowMs } = timing;
  const figures = await measureWindow(stage, contestant, { connections, warmUpMs, windowMs, ...asked });
  const { load, ...rest } = figures;
  await judge(load.all);
  const errors = Object.entries(load.statuses)
    .filter(([status]) => !expected.includes(Number(status)))
    .reduce((sum, [, count]) => sum + count, 0);
  // An error is no payment: a server that refuses quickly is not fast.
  const perSecond = (load.answers - errors) / load.seconds;
  const { latency, statuses } = load;
  return { subject: contestant.name, connections, round, perSecond, latency, statuses, errors, ...rest };
}
