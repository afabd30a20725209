/** The part of the report about each workload. */
import { sumOf } from '../load/counts.ts';
import type { Window } from '../measure/rounds.ts';
import { median } from '../measure/statistics.ts';
import { summarise } from '../measure/summary.ts';
import type { Results } from '../results.ts';
import { KEYED, OTHER, PAYONCE } from '../stage/subjects.ts';
import { EMPTY } from '../workloads/old.ts';
import type { RealWindow } from '../workloads/real.ts';
import { STORM_LATENCY_MS, type StormRow } from '../workloads/storm.ts';
import { ONE_WORKER } from '../workloads/workers.ts';
import { milliseconds, ratio, statuses, table, whole } from './tables.ts';

const PROXY = 'proxy';

/** What was measured, in the order of the workloads. */
export function sections(results: Results): readonly string[] {
  const { new: fresh, replay, mixed, storm, real, recover, workers, old, memory } = results;
  return [
    ...(fresh === undefined
      ? []
      : section('new: orders that nobody has seen', throughput(fresh, baseOf(fresh)))),
    ...(replay === undefined
      ? []
      : section('replay: settled orders, asked for again by key', throughput(replay, PROXY))),
    ...(mixed === undefined
      ? []
      : section('mixed: one request in five is a duplicate', throughput(mixed, PROXY))),
    ...(storm === undefined ? [] : section('storm: a thousand clients, one order', stormTable(storm))),
    ...(real === undefined
      ? []
      : section('real: a slow gateway that fails three times in ten', realTable(real))),
    ...(recover === undefined
      ? []
      : section('recover: kill -9 with payments under way', recoverTable(recover))),
    ...(workers === undefined
      ? []
      : section('workers: two processes on one port', throughput(workers, ONE_WORKER))),
    ...(old === undefined ? [] : section('old: a database that holds many payments', oldLines(old))),
    ...(memory === undefined ? [] : section('memory: after many payments', memoryTable(memory))),
  ];
}

/** The base of the ratios: the other checkout if one was measured; Payonce without API keys if it was measured with them, too; otherwise the proxy. */
function baseOf(windows: readonly Window[]): string {
  const isMeasured = (name: string): boolean => windows.some(({ subject }) => subject === name);
  if (isMeasured(OTHER)) return OTHER;
  return isMeasured(KEYED) ? PAYONCE : PROXY;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return [`## ${title}`, '', ...lines, ''];
}

function throughput(windows: readonly Window[], base: string): readonly string[] {
  const head = [
    'server',
    'connections',
    'payments/s',
    `× ${base}`,
    'p50 ms',
    'p90 ms',
    'p99 ms',
    'server µs',
    'PostgreSQL µs',
    'gateway µs',
    'load µs',
    'WAL bytes',
    'MiB',
    'errors',
  ];
  const lines = [...summarise(windows, base)].sort((a, b) => a.connections - b.connections);
  return table(
    head,
    lines.map(({ latency, cost, ...line }) => [
      line.subject,
      line.connections,
      whole(line.perSecond),
      ratio(line.ratio),
      milliseconds(latency.p50),
      milliseconds(latency.p90),
      milliseconds(latency.p99),
      cost.server,
      cost.postgres,
      cost.gateway,
      cost.load,
      whole(line.walBytes),
      whole(line.residentMb),
      line.errors,
    ]),
  );
}

function stormTable(rows: readonly StormRow[]): readonly string[] {
  return [
    `The gateway takes ${STORM_LATENCY_MS} ms, which is part of both times.`,
    '',
    ...table(
      [
        'server',
        'the clients have',
        'half answered, ms',
        'all answered, ms',
        'charges',
        'payments named',
        'answers',
      ],
      rows.map((row) => [
        row.subject,
        row.keys,
        whole(row.halfMs),
        whole(row.lastMs),
        row.charges,
        row.payments,
        statuses(row.statuses),
      ]),
    ),
  ];
}

function realTable(windows: readonly RealWindow[]): readonly string[] {
  const subjects = [...new Set(windows.map(({ subject }) => subject))];
  const head = [
    'server',
    'capacity/s',
    'rate/s',
    'added p50 ms',
    'added p99 ms',
    'with retries p50 ms',
    'with retries p99 ms',
    'client p50 ms',
    'client p99 ms',
    'sent late p50 ms',
    'sent late p99 ms',
    'reported failed, but charged',
    'answers',
  ];
  return table(
    head,
    subjects.map((name) => {
      const group = windows.filter(({ subject }) => subject === name);
      const middle = (read: (window: RealWindow) => number | null | undefined): number | null =>
        median(group.map(read).filter((value) => typeof value === 'number'));
      return [
        name,
        whole(middle(({ capacity }) => capacity)),
        whole(middle(({ rate }) => rate)),
        milliseconds(middle(({ firstCall }) => firstCall.p50)),
        milliseconds(middle(({ firstCall }) => firstCall.p99)),
        milliseconds(middle(({ allCalls }) => allCalls?.p50)),
        milliseconds(middle(({ allCalls }) => allCalls?.p99)),
        milliseconds(middle(({ latency }) => latency.p50)),
        milliseconds(middle(({ latency }) => latency.p99)),
        milliseconds(middle(({ late }) => late.p50)),
        milliseconds(middle(({ late }) => late.p99)),
        group.reduce((sum, { toldFailed }) => sum + toldFailed, 0),
        statuses(sumOf(group.map((window) => window.statuses))),
      ];
    }),
  );
}

function recoverTable(recover: NonNullable<Results['recover']>): readonly string[] {
  const ended = recover.settledAfterMs;
  return table(
    ['', 'payments'],
    [
      ['under way when the server was killed', whole(recover.payments)],
      ['of those, held: at the gateway, or waiting for a place there', whole(recover.held)],
      ['seconds from the kill until all were settled', ended === null ? 'never' : (ended / 1000).toFixed(1)],
      [`bound: the lease of ${recover.leaseMs / 1000} s and ten more`, (recover.boundMs / 1000).toFixed(1)],
      [
        'payments in the end, by status',
        Object.entries(recover.counts)
          .map((pair) => pair.join(': '))
          .join(', '),
      ],
      ['live charges', whole(recover.charges.live)],
      ['orders charged more than once', recover.charges.duplicates],
    ],
  );
}

function oldLines(old: NonNullable<Results['old']>): readonly string[] {
  return [
    `${old.rows.toLocaleString('en')} payments were stored before (${old.gigabytes} GiB at the end), in ${old.fillSeconds} s.`,
    '',
    ...throughput(old.windows, EMPTY),
  ];
}

function memoryTable({ marks, cacheEntries, seconds }: NonNullable<Results['memory']>): readonly string[] {
  return [
    `Under load, with room for ${cacheEntries.toLocaleString('en')} answers in memory, full both times; ${seconds} s in all.`,
    '',
    ...table(
      ['payments so far', 'resident MiB'],
      marks.map(({ payments, residentMb }) => [whole(payments), residentMb]),
    ),
  ];
}
