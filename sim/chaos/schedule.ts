/**
 * What is broken when, drawn from the seed before the run begins. Faults are dealt like cards: a minute is one deck, so
 * every kind of fault happens in every full minute, and the order and the moments are chance.
 */
import type { Stream, StreamToxic, Toxic } from './proxy/toxic.ts';
import { createRandom, type Random } from './random.ts';
import { FREEZE_MS, LEASE_MS, MAX_LATENCY_MS } from './settings.ts';

export type ReplicaName = 'a' | 'b';
export type Upstream = 'database' | 'gateway';

export type Fault =
  /** kill -9 of a replica; `inCall`: in the middle of a call to the gateway. */
  | { readonly kind: 'kill'; readonly replica: ReplicaName; readonly inCall: boolean }
  /**
   * kill -9 of a replica in the middle of a call, and nobody reaches the gateway when its payments are taken up: what it had sent is charged, and
   * every later call is refused.
   */
  | {
      readonly kind: 'orphans';
      readonly replica: ReplicaName;
      readonly afterMs: number;
      readonly awayMs: number;
    }
  /** An immediate stop of PostgreSQL, and its recovery after `downMs`. */
  | { readonly kind: 'database_crash'; readonly downMs: number }
  /** A replica is stopped in its tracks for longer than its lease. */
  | {
      readonly kind: 'freeze';
      readonly replica: ReplicaName;
      readonly inCall: boolean;
      readonly forMs: number;
    }
  /** SIGTERM to one replica after the other, as at a deployment. */
  | { readonly kind: 'rollout'; readonly first: ReplicaName }
  /** A toxic between one replica and one of its upstreams. */
  | {
      readonly kind: 'network';
      readonly replica: ReplicaName;
      readonly upstream: Upstream;
      readonly toxic: Toxic;
      readonly forMs: number;
    };

export interface Scheduled {
  /** After the beginning of the load. */
  readonly atMs: number;
  readonly fault: Fault;
}

type Card = (random: Random) => Fault;

const MINUTE_MS = 60_000;

const replica = (random: Random): ReplicaName => random.pick(['a', 'b']);

function network(upstream: Upstream, toxic: (random: Random) => Toxic, minMs = 800, maxMs = 4_000): Card {
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
  // 0: one-way loss, until the network is mended.
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

/** Reset and limit break every connection that they meet: longer than this they would only be another "down". */
const BRIEF_MS = [200, 1_200] as const;

const TOXIC_CARDS: readonly Card[] = (['database', 'gateway'] as const).flatMap((upstream) => [
  network(upstream, DRAWN.latency),
  network(upstream, DRAWN.bandwidth),
  network(upstream, DRAWN.slow_close),
  network(upstream, DRAWN.timeout),
  // Loss in one direction: what was said arrives, and the answer does not.
  network(upstream, () => ({ kind: 'timeout', stream: 'downstream', timeoutMs: 0 })),
  network(upstream, DRAWN.reset_peer, ...BRIEF_MS),
  network(upstream, DRAWN.slicer),
  network(upstream, DRAWN.limit_data, ...BRIEF_MS),
  network(upstream, () => ({ kind: 'down' }), 300, 3_000),
]);

// A call lasts some forty milliseconds: by chance alone most blows would meet none.
const kill: Card = (random) => ({ kind: 'kill', replica: replica(random), inCall: random.chance(0.5) });
// Leases end one call's time to a whole lease after the kill; the gateway is away during the second half of it.
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
const rollout: Card = (random) => ({ kind: 'rollout', first: replica(random) });

/** A minute: a kill every five seconds, a crash of the database every twenty. */
const DECK: readonly Card[] = [
  ...Array.from({ length: 9 }, () => kill),
  ...Array.from({ length: 3 }, () => orphans),
  ...Array.from({ length: 3 }, () => crash),
  ...Array.from({ length: 4 }, () => freeze),
  ...Array.from({ length: 3 }, () => rollout),
  ...TOXIC_CARDS,
];

/** The faults of a run of this many milliseconds, in their order. */
export function drawSchedule(seed: number, durationMs: number): Scheduled[] {
  const random = createRandom(seed, 'schedule');
  const gapMs = MINUTE_MS / DECK.length;
  const schedule: Scheduled[] = [];
  for (let startMs = 0; startMs < durationMs; startMs += MINUTE_MS) {
    for (const [index, card] of random.shuffle(DECK).entries()) {
      const atMs = Math.round(startMs + (index + random.float()) * gapMs);
      const fault = card(random);
      if (atMs < durationMs) schedule.push({ atMs, fault });
    }
  }
  return schedule;
}

/** What the report counts it under. */
export function nameOf(fault: Fault): string {
  if (fault.kind !== 'network') return fault.kind;
  const { toxic, upstream } = fault;
  return `${toxic.kind}${toxic.kind === 'down' ? '' : ` ${toxic.stream}`}, ${upstream}`;
}
