/** A line of the catalogue: a fault with a name, what must follow, and what proves it. */
import type { Scenario } from './scenario.ts';

export type FaultClass =
  | 'process'
  | 'database'
  | 'gateway call'
  | 'gateway keys'
  | 'gateway result'
  | 'gateway lookup'
  | 'two steps'
  | 'late money'
  | 'refund'
  | 'capture'
  | 'webhooks in'
  | 'client'
  | 'clock'
  | 'network'
  | 'deploy'
  | 'operator';

/** A test outside of the scenarios, by its file and its own name. */
export interface Proof {
  readonly file: string;
  readonly test: string;
}

export interface NamedFault {
  readonly class: FaultClass;
  readonly fault: string;
  readonly expected: string;
  /** Played by the test of the fault's name. */
  readonly scenarios: readonly Scenario[];
  /** Tests elsewhere, for what scripted worlds do not have: sockets, a disk, a real PostgreSQL. */
  readonly elsewhere?: readonly Proof[];
  /** Marks of the random simulation that show that it met the fault. */
  readonly marks: readonly string[];
  /** Where the random simulation cannot meet it: which part of the proof does, and why. */
  readonly metBy?: string;
}

/** A fault that no feature of this version can meet. */
export interface NotYet {
  readonly class: string;
  readonly fault: string;
  readonly reason: string;
}
