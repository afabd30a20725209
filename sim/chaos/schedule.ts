/**
 * What is broken when, drawn from the seed before the run begins. Faults are dealt like cards, and a minute is one deck.
 * So every kind of fault happens in every full minute, in random order and at random moments.
 */
import type { Fault, ReplicaName, Upstream } from './fault.ts';
import type { Stream, StreamToxic } from './proxy/toxic.ts';
import { createRandom, type Random } from './random.ts';
import { BLACK_HOLE_MS, FREEZE_MS, KERNEL_MS, LEASE_MS, MAX_LATENCY_MS, VARIED } from './settings.ts';

export interface Scheduled {
  /** After the beginning of the load. */
  readonly atMs: number;
  readonly fault: Fault;
}

type Card = (random: Random) => Fault;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const replica = (random: Random): ReplicaName => random.pick(['a', 'b']);

function network(
  upstream: Upstream,
  toxic: (random: Random) => Extract<Fault, { kind: 'network' }>['toxic'],
  minMs = 800,
  maxMs = 4_000,
): Card {
  return (random) => ({
    kind: 'network',
    replica: replica(random),
    upstream,
    toxic: toxic(random),
    forMs: random.int(minMs, maxMs),
  });
}

const stream = (random: Random): Stream => random.pick(['upstream', 'downstream']);

/** The seven toxics of a stream, each with all of its numbers drawn. */
const DRAWN: { readonly [K in StreamToxic['kind']]: (random: Random) => StreamToxic } = {
  latency: (random) => {
    const latencyMs = random.int(20, MAX_LATENCY_MS - 200);
    return {
      kind: 'latency',
      stream: stream(random),
      latencyMs,
      jitterMs: random.int(0, Math.min(latencyMs, 200)),
    };
  },
  // A call of 400 bytes then takes 0.1 to 0.8 s.
  bandwidth: (random) => ({
    kind: 'bandwidth',
    stream: stream(random),
    bytesPerSecond: random.int(500, 4_000),
  }),
  slow_close: (random) => ({ kind: 'slow_close', stream: stream(random), delayMs: random.int(100, 2_000) }),
  // 0: loss in one direction until the toxic is removed.
  timeout: (random) => ({
    kind: 'timeout',
    stream: stream(random),
    timeoutMs: random.pick([0, random.int(50, 1_500)]),
  }),
  reset_peer: (random) => ({
    kind: 'reset_peer',
    stream: stream(random),
    timeoutMs: random.pick([0, random.int(10, 500)]),
  }),
  slicer: (random) => ({
    kind: 'slicer',
    stream: stream(random),
    averageBytes: random.int(20, 200),
    variationBytes: random.int(0, 19),
    delayMs: random.int(0, 20),
  }),
  limit_data: (random) => ({ kind: 'limit_data', stream: stream(random), bytes: random.int(0, 3_000) }),
};

/** `reset_peer` and `limit_data` break every connection. For longer than this, they would only be another "down". */
const BRIEF_MS = [200, 1_200] as const;

const TOXIC_CARDS: readonly Card[] = (['database', 'gateway'] as const).flatMap((upstream) => [
  network(upstream, DRAWN.latency),
  network(upstream, DRAWN.bandwidth),
  network(upstream, DRAWN.slow_close),
  network(upstream, DRAWN.timeout),
  // Loss in one direction: the request arrives, and the answer does not.
  network(upstream, () => ({ kind: 'timeout', stream: 'downstream', timeoutMs: 0 })),
  network(upstream, DRAWN.reset_peer, ...BRIEF_MS),
  network(upstream, DRAWN.slicer),
  network(upstream, DRAWN.limit_data, ...BRIEF_MS),
  network(upstream, () => ({ kind: 'down' }), 300, 3_000),
]);

// A call lasts about forty milliseconds. By chance alone, most kills would not happen during one.
const kill: Card = (random) => ({ kind: 'kill', replica: replica(random), inCall: random.chance(0.5) });
// The dead replica's leases end within one lease's time after the kill. The gateway is away from the middle of that time on.
const orphans: Card = (random) => ({
  kind: 'orphans',
  replica: replica(random),
  afterMs: LEASE_MS / 2,
  awayMs: random.int(LEASE_MS / 2, LEASE_MS),
});
const crash: Card = (random) => ({ kind: 'database_crash', downMs: random.int(0, 2_000) });
const freeze: Card = (random) => ({
  kind: 'freeze',
  replica: replica(random),
  inCall: random.chance(0.75),
  forMs: random.int(FREEZE_MS.min, FREEZE_MS.max),
});
const rollout: Card = (random) => ({ kind: 'rollout', first: replica(random), settings: null });
const reconfigure: Card = (random) => ({
  kind: 'rollout',
  first: replica(random),
  settings: drawSettings(random),
});

/** Which of the varied settings each replica has. The two always differ. */
export function drawSettings(random: Random): { readonly [Name in ReplicaName]: number } {
  const [a = 0, b = 0] = random.shuffle([...VARIED.keys()]);
  return { a, b };
}

const handshake: Card = (random) => ({
  kind: 'handshake',
  forMs: random.int(LEASE_MS + 1_000, 2 * LEASE_MS),
});

function blackHole(outageMs: number, only?: ReplicaName): Card {
  return (random) => ({
    kind: 'black_hole',
    replica: only ?? replica(random),
    toxic: {
      kind: 'black_hole',
      stream: random.pick(['upstream', 'both']),
      forMs: random.int(BLACK_HOLE_MS.min, BLACK_HOLE_MS.max),
      kernelMs: KERNEL_MS,
    },
    outageMs,
  });
}

function staleLookups(how: 'cache' | 'off_by_one'): Card {
  return (random) => ({
    kind: 'stale_lookups',
    toxic: {
      kind: 'stale_lookups',
      stream: 'both',
      how,
      obeys: random.chance(0.5),
      ignoresQuery: random.chance(0.5),
    },
    forMs: random.int(7_000, 10_000),
  });
}

const clockStep =
  (byMs: number): Card =>
  (random) => ({ kind: 'clock_step', byMs, forMs: random.int(2_000, 5_000) });

const restore: Card = (random) => ({ kind: 'restore', afterMs: random.int(2_000, 5_000) });

/** One minute: a kill every five seconds, and a crash of the database every fifteen. */
const DECK: readonly Card[] = [
  ...Array.from({ length: 9 }, () => kill),
  ...Array.from({ length: 3 }, () => orphans),
  // A restore adds two more.
  ...Array.from({ length: 2 }, () => crash),
  ...Array.from({ length: 4 }, () => freeze),
  ...Array.from({ length: 2 }, () => rollout),
  reconfigure,
  ...TOXIC_CARDS,
];

/** Nobody may reach the gateway until the longest call and all its retries are over. */
const OUTAGE_MS = 5_000;

/**
 * The minute's other deck, for faults that take longer. It is dealt over the first part of the minute, so that the last of them ends soon
 * after the minute.
 */
const LONG_DECK: readonly Card[] = [
  handshake,
  handshake,
  // One replica speaks TLS with the gateway. It must be able to give up a connection, too.
  blackHole(0, 'a'),
  blackHole(0, 'b'),
  blackHole(OUTAGE_MS),
  staleLookups('cache'),
  staleLookups('off_by_one'),
  clockStep(90_000),
  clockStep(HOUR_MS),
  clockStep(-HOUR_MS),
  restore,
];
const LONG_DECK_MS = 46_000;

/** The faults of a run of this many milliseconds, in order of time. */
export function drawSchedule(seed: number, durationMs: number): Scheduled[] {
  const schedule: Scheduled[] = [];
  for (let startMs = 0; startMs < durationMs; startMs += MINUTE_MS) {
    const minute = startMs / MINUTE_MS;
    schedule.push(
      ...deal(DECK, { random: createRandom(seed, `schedule ${minute}`), startMs, spanMs: MINUTE_MS }),
    );
    const random = createRandom(seed, `schedule of what takes long ${minute}`);
    schedule.push(...deal(LONG_DECK, { random, startMs, spanMs: LONG_DECK_MS }));
  }
  return schedule.filter(({ atMs }) => atMs < durationMs).sort((a, b) => a.atMs - b.atMs);
}

interface Dealing {
  readonly random: Random;
  readonly startMs: number;
  readonly spanMs: number;
}

/** All cards of a deck in a new order, one in each part of the span. */
function deal(deck: readonly Card[], { random, startMs, spanMs }: Dealing): Scheduled[] {
  const gapMs = spanMs / deck.length;
  return random.shuffle(deck).map((card, index) => ({
    atMs: Math.round(startMs + (index + random.float()) * gapMs),
    fault: card(random),
  }));
}
