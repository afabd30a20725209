/** The targets, compared with what was measured. */

import { median, medianRatio } from '../measure/statistics.ts';
import { ratioOf } from '../measure/summary.ts';
import type { Results } from '../results.ts';
import { PAYONCE } from '../stage/subjects.ts';
import { EMPTY, OLD } from '../workloads/old.ts';

export type Verdict = 'met' | 'missed' | 'not measured';

export interface Target {
  readonly what: string;
  /** `≥ 0.5 × proxy` */
  readonly wanted: string;
  /** In the unit of `wanted`; null: not measured. */
  readonly measured: number | null;
  readonly unit: string;
  readonly verdict: Verdict;
}

interface Wanted {
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit: string;
  readonly measured: number | null;
}

export function targetsOf(results: Results): readonly Target[] {
  return [...throughput(results), ...latency(results), ...growth(results), ...recovery(results)].map(judge);
}

function judge({ what, atLeast, atMost, unit, measured }: Wanted): Target {
  const wanted = atLeast === undefined ? `≤ ${atMost}${unit}` : `≥ ${atLeast}${unit}`;
  const fits =
    measured !== null &&
    measured >= (atLeast ?? Number.NEGATIVE_INFINITY) &&
    measured <= (atMost ?? Number.POSITIVE_INFINITY);
  const verdict = measured === null ? 'not measured' : fits ? 'met' : 'missed';
  return { what, wanted, measured, unit, verdict };
}

/** How many times as many new payments at 256 connections. */
const AGAINST_PEERS = [
  ['django', 10],
  ['dbos', 10],
  ['restate', 6],
  ['one-statement', 3],
] as const;

function throughput({ new: fresh = [], replay = [] }: Results): readonly Wanted[] {
  const ours = { subject: PAYONCE };
  return [
    ...[64, 256].map((connections) => ({
      what: `new, ${connections} connections`,
      atLeast: 0.5,
      unit: ' × proxy',
      measured: ratioOf(fresh, { ...ours, base: 'proxy', connections }),
    })),
    ...AGAINST_PEERS.map(([base, atLeast]) => ({
      what: 'new, 256 connections',
      atLeast,
      unit: ` × ${base}`,
      measured: ratioOf(fresh, { ...ours, base, connections: 256 }),
    })),
    {
      what: 'replay by key, 64 connections',
      atLeast: 1.2,
      unit: ' × proxy',
      measured: ratioOf(replay, { ...ours, base: 'proxy', connections: 64 }),
    },
  ];
}

function latency({ real = [] }: Results): readonly Wanted[] {
  const ours = real.filter(({ subject }) => subject === PAYONCE).map(({ firstCall }) => firstCall);
  const middle = (read: (spread: (typeof ours)[number]) => number | null): number | null =>
    median(ours.map(read).filter((value) => value !== null));
  return [
    { what: 'real, added latency p50', atMost: 5, unit: ' ms', measured: middle(({ p50 }) => p50) },
    { what: 'real, added latency p99', atMost: 30, unit: ' ms', measured: middle(({ p99 }) => p99) },
  ];
}

function growth({ old, memory }: Results): readonly Wanted[] {
  const throughputOf = (subject: string) =>
    (old?.windows ?? [])
      .filter((window) => window.subject === subject)
      // A round has a window for each number of connections; all of them count.
      .map(({ round, connections, perSecond }) => ({ round: round * 1000 + connections, value: perSecond }));
  const [first, last] = memory?.marks ?? [];
  return [
    {
      what: old === undefined ? 'old' : `old, ${old.rows.toLocaleString('en')} payments stored`,
      atLeast: 0.85,
      unit: ' × empty',
      measured: medianRatio(throughputOf(OLD), throughputOf(EMPTY)),
    },
    {
      what: last === undefined ? 'memory' : `memory after ${last.payments.toLocaleString('en')} payments`,
      atMost: 1.1,
      unit: ` × after ${first === undefined ? 'a tenth' : first.payments.toLocaleString('en')}`,
      measured: first === undefined || last === undefined ? null : last.residentMb / first.residentMb,
    },
  ];
}

function recovery({ recover }: Results): readonly Wanted[] {
  const seconds = (ms: number): number => Math.round(ms / 100) / 10;
  const ended = recover?.settledAfterMs ?? null;
  return [
    {
      what: recover === undefined ? 'recover' : `recover, ${recover.payments.toLocaleString('en')} payments`,
      atMost: seconds(recover?.boundMs ?? 25_000),
      unit: ' s',
      // A recovery that never ended counts as slower than any other.
      measured: recover === undefined ? null : ended === null ? Number.POSITIVE_INFINITY : seconds(ended),
    },
  ];
}
