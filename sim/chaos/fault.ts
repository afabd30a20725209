/** What can be broken in a run. */
import { type BlackHole, type StaleLookups, type StreamToxic, TOXIC_KINDS } from './proxy/toxic.ts';

export type ReplicaName = 'a' | 'b';
export type Upstream = 'database' | 'gateway';

export type Fault =
  /** kill -9 of a replica. `inCall`: in the middle of a call to the gateway. */
  | { readonly kind: 'kill'; readonly replica: ReplicaName; readonly inCall: boolean }
  /**
   * kill -9 of a replica in the middle of a call. When its payments are claimed again, nobody reaches the gateway. So the calls that it
   * had sent may be charged, and every later call is refused.
   */
  | {
      readonly kind: 'orphans';
      readonly replica: ReplicaName;
      readonly afterMs: number;
      readonly awayMs: number;
    }
  /** PostgreSQL is stopped at once, and recovers after `downMs`. */
  | { readonly kind: 'database_crash'; readonly downMs: number }
  /** A replica is frozen for longer than its lease. */
  | {
      readonly kind: 'freeze';
      readonly replica: ReplicaName;
      readonly inCall: boolean;
      readonly forMs: number;
    }
  /** The replica whose gateway speaks TLS is frozen in the middle of TLS handshakes, and the other side completes them meanwhile. */
  | { readonly kind: 'handshake'; readonly forMs: number }
  /** SIGTERM to one replica after the other, as at a deployment. `settings`: which of the varied settings each has afterwards. */
  | {
      readonly kind: 'rollout';
      readonly first: ReplicaName;
      readonly settings: { readonly [Name in ReplicaName]: number } | null;
    }
  /** A toxic between one replica and one of its upstreams. */
  | {
      readonly kind: 'network';
      readonly replica: ReplicaName;
      readonly upstream: Upstream;
      readonly toxic: StreamToxic | { readonly kind: 'down' };
      readonly forMs: number;
    }
  /**
   * Nothing gets through one connection to the gateway, from the moment of a call on it until long after the call was given up.
   * `outageMs`: for so long nobody else reaches the gateway either, so that the call is not simply repeated.
   */
  | {
      readonly kind: 'black_hole';
      readonly replica: ReplicaName;
      readonly toxic: BlackHole;
      readonly outageMs: number;
    }
  /** A front before the gateway gives old answers to the lookups of both replicas. */
  | { readonly kind: 'stale_lookups'; readonly toxic: StaleLookups; readonly forMs: number }
  /** The database's clock steps, and steps back after a while. */
  | { readonly kind: 'clock_step'; readonly byMs: number; readonly forMs: number }
  /** The database is copied, and restored from the copy after a while. It forgets what happened in between. */
  | { readonly kind: 'restore'; readonly afterMs: number };

/** The name under which the report counts it. */
export function nameOf(fault: Fault): string {
  switch (fault.kind) {
    case 'network': {
      const { toxic, upstream } = fault;
      return `${toxic.kind}${toxic.kind === 'down' ? '' : ` ${toxic.stream}`}, ${upstream}`;
    }
    case 'black_hole':
      return fault.outageMs > 0 ? 'black_hole with an outage' : 'black_hole';
    case 'stale_lookups':
      return `stale_lookups, ${fault.toxic.how}`;
    case 'clock_step':
      return `clock_step ${fault.byMs > 0 ? 'forward' : 'back'}`;
    case 'rollout':
      return fault.settings === null ? 'rollout' : 'rollout with other settings';
    default:
      return fault.kind;
  }
}

/** Every trouble that a minute must have, by its name in the report. A toxic is named by its kind only. */
export const NAMED_TROUBLES: readonly string[] = [
  'kill',
  'orphans',
  'database_crash',
  'freeze',
  'handshake',
  'rollout',
  'rollout with other settings',
  'black_hole',
  'black_hole with an outage',
  'stale_lookups, cache',
  'stale_lookups, off_by_one',
  'clock_step forward',
  'clock_step back',
  'restore',
  ...TOXIC_KINDS.flatMap((toxic) => [`${toxic}, database`, `${toxic}, gateway`]),
];

/** Turns a name in the report into the name in the list above. */
export function troubleOf(name: string): string {
  return name.replace(/ (upstream|downstream),/, ',');
}
