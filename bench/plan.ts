/** What is measured, and for how long: every number of a run in one place, for the full run and for the quick one. */
import type { Timing } from './measure/rounds.ts';
import type { Options } from './options.ts';
import { PEERS, type Peer } from './stage/subjects.ts';

/** In the order in which they run: the shorter ones first. */
export const WORKLOADS = [
  'new',
  'replay',
  'mixed',
  'storm',
  'real',
  'recover',
  'workers',
  'old',
  'memory',
] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

export interface Plan {
  readonly quick: boolean;
  readonly workloads: readonly WorkloadName[];
  readonly peers: readonly Peer[];
  /** The folder of another checkout that is compared with this one; null: none. */
  readonly against: string | null;
  /** Whether requests with an API key are measured too. */
  readonly keys: boolean;
  readonly new: {
    readonly timing: Timing;
    readonly connections: readonly number[];
    /** Further points of the pictures. */
    readonly picture: { readonly timing: Timing; readonly connections: readonly number[] };
  };
  /** `orders`: settled before, and asked for again and again. */
  readonly replay: {
    readonly timing: Timing;
    readonly connections: readonly number[];
    readonly orders: number;
  };
  readonly mixed: { readonly timing: Timing; readonly connections: readonly number[] };
  readonly storm: { readonly rounds: number; readonly clients: number };
  readonly real: {
    readonly rounds: number;
    /** Closed loop, to find the capacity. */
    readonly capacity: { readonly connections: number; readonly warmUpMs: number; readonly windowMs: number };
    /** Of the capacity. */
    readonly share: number;
    readonly warmUpMs: number;
    readonly windowMs: number;
  };
  readonly recover: { readonly payments: number; readonly leaseMs: number; readonly callTimeoutMs: number };
  readonly workers: { readonly timing: Timing; readonly connections: readonly number[] };
  readonly old: { readonly timing: Timing; readonly connections: readonly number[]; readonly rows: number };
  /** `atFirst`: a tenth of `atLast`. */
  readonly memory: { readonly atFirst: number; readonly atLast: number; readonly connections: number };
}

export function planOf(options: Options): Plan {
  const plan = options.quick ? quick(options) : full(options);
  const wanted = options.only ?? plan.workloads;
  return {
    ...plan,
    workloads: WORKLOADS.filter((name) => wanted.includes(name)),
    peers: options.peers ?? plan.peers,
    against: options.against,
    keys: options.keys,
  };
}

/** The service's defaults: what a user who sets nothing gets. */
const LEASE_MS = 15_000;
const CALL_TIMEOUT_MS = 10_000;

function full(options: Options): Plan {
  const timing = timingOf(options, { rounds: 5, warmUpMs: 1000, firstWarmUpMs: 3000, windowMs: 4000 });
  const fewer = { ...timing, rounds: options.rounds ?? 3 };
  return {
    quick: false,
    workloads: WORKLOADS,
    peers: PEERS,
    against: null,
    keys: false,
    new: {
      timing,
      connections: [64, 256],
      picture: { timing: { ...fewer, rounds: options.rounds ?? 2 }, connections: [1, 4, 16] },
    },
    replay: { timing: fewer, connections: [64, 256], orders: 5000 },
    mixed: { timing: fewer, connections: [64] },
    storm: { rounds: 3, clients: 1000 },
    real: {
      rounds: 2,
      capacity: { connections: 256, warmUpMs: 2000, windowMs: 5000 },
      share: 0.3,
      warmUpMs: 2000,
      windowMs: (options.seconds ?? 12) * 1000,
    },
    recover: { payments: 10_000, leaseMs: LEASE_MS, callTimeoutMs: CALL_TIMEOUT_MS },
    workers: { timing, connections: [256] },
    // Longer at first: PostgreSQL was started again, and has nothing of what it filled in its memory.
    old: {
      // PostgreSQL has just been started: its caches are empty, and the first change of a page after a checkpoint writes it
      // to the log whole. That passes within a minute, and comes back with every checkpoint, each quarter of an hour.
      timing: { ...timing, firstWarmUpMs: 60_000 },
      connections: [64, 256],
      rows: options.oldRows ?? 10_000_000,
    },
    memory: memoryOf(options.memoryPayments ?? 1_000_000),
  };
}

function quick(options: Options): Plan {
  const timing = timingOf(options, { rounds: 2, warmUpMs: 500, firstWarmUpMs: 1000, windowMs: 1500 });
  const once = { ...timing, rounds: options.rounds ?? 1 };
  return {
    quick: true,
    workloads: WORKLOADS.filter((name) => name !== 'memory' && name !== 'workers'),
    peers: ['proxy', 'one-statement'],
    against: null,
    keys: false,
    new: { timing, connections: [64, 256], picture: { timing: once, connections: [1, 16] } },
    replay: { timing, connections: [64], orders: 1000 },
    mixed: { timing: once, connections: [64] },
    storm: { rounds: 1, clients: 1000 },
    real: {
      rounds: 1,
      capacity: { connections: 256, warmUpMs: 1000, windowMs: 2000 },
      share: 0.3,
      warmUpMs: 1000,
      windowMs: (options.seconds ?? 4) * 1000,
    },
    // A shorter lease, so that the wait for it fits in.
    recover: { payments: 2000, leaseMs: 5000, callTimeoutMs: 4000 },
    workers: { timing: once, connections: [256] },
    old: { timing, connections: [64], rows: options.oldRows ?? 200_000 },
    memory: memoryOf(options.memoryPayments ?? 20_000),
  };
}

function timingOf(options: Options, usual: Timing): Timing {
  const windowMs = options.seconds === null ? usual.windowMs : options.seconds * 1000;
  return { ...usual, rounds: options.rounds ?? usual.rounds, windowMs };
}

function memoryOf(payments: number): Plan['memory'] {
  return { atFirst: Math.round(payments / 10), atLast: payments, connections: 256 };
}
