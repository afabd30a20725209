/** What the windows of all rounds come to: a line per contestant and number of connections. */
import type { Latency } from '../load/latency.ts';
import type { Window } from './rounds.ts';
import { median, medianRatio, type RoundValue } from './statistics.ts';
import type { Cost } from './window.ts';

/** Medians over the rounds. */
export interface Line {
  readonly subject: string;
  readonly connections: number;
  readonly rounds: number;
  readonly perSecond: number;
  /** The median of each round's ratio to the base's window of that round; null where the base was not measured. */
  readonly ratio: number | null;
  readonly latency: Latency;
  readonly cost: Cost;
  readonly walBytes: number;
  readonly residentMb: number;
  /** In all windows together. */
  readonly errors: number;
}

/** In the order in which contestants and connections first come. `base`: whose throughput is 1. */
export function summarise(windows: readonly Window[], base: string): readonly Line[] {
  const groups = new Map<string, Window[]>();
  for (const window of windows) {
    const name = `${window.connections} ${window.subject}`;
    groups.set(name, [...(groups.get(name) ?? []), window]);
  }
  return [...groups.values()].map((group) => lineOf(group, ratioIn(windows, group, base)));
}

/** How many times as fast as `base` it is, with so many connections; null where one of them was not measured. */
export function ratioOf(
  windows: readonly Window[],
  which: { readonly subject: string; readonly base: string; readonly connections: number },
): number | null {
  const group = windows.filter(
    ({ subject, connections }) => subject === which.subject && connections === which.connections,
  );
  return ratioIn(windows, group, which.base);
}

function ratioIn(windows: readonly Window[], group: readonly Window[], base: string): number | null {
  const against = windows.filter(
    ({ subject, connections }) => subject === base && connections === group[0]?.connections,
  );
  return medianRatio(throughput(group), throughput(against));
}

function throughput(windows: readonly Window[]): readonly RoundValue[] {
  return windows.map(({ round, perSecond }) => ({ round, value: perSecond }));
}

function lineOf(group: readonly Window[], ratio: number | null): Line {
  const middle = (read: (window: Window) => number): number => median(group.map(read)) ?? 0;
  return {
    subject: group[0]?.subject ?? '',
    connections: group[0]?.connections ?? 0,
    rounds: group.length,
    perSecond: middle(({ perSecond }) => perSecond),
    ratio,
    latency: {
      p50: middle(({ latency }) => latency.p50),
      p90: middle(({ latency }) => latency.p90),
      p99: middle(({ latency }) => latency.p99),
      max: Math.max(...group.map(({ latency }) => latency.max)),
    },
    cost: {
      server: middle(({ cost }) => cost.server),
      postgres: middle(({ cost }) => cost.postgres),
      gateway: middle(({ cost }) => cost.gateway),
      load: middle(({ cost }) => cost.load),
    },
    walBytes: middle(({ walBytes }) => walBytes),
    residentMb: middle(({ residentMb }) => residentMb),
    errors: group.reduce((sum, { errors }) => sum + errors, 0),
  };
}
