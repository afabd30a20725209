import type { FoundOut } from './judge/findings.ts';
import type { Window } from './measure/rounds.ts';
import type { WorkloadName } from './plan.ts';
import type { Machine } from './report/machine.ts';
import type { MemoryResult } from './workloads/memory.ts';
import type { OldResult } from './workloads/old.ts';
import type { RealWindow } from './workloads/real.ts';
import type { RecoverResult } from './workloads/recover.ts';
import type { StormRow } from './workloads/storm.ts';

/** What each workload came to; those that did not run are missing. */
export interface Results {
  readonly new?: readonly Window[];
  readonly replay?: readonly Window[];
  readonly mixed?: readonly Window[];
  readonly storm?: readonly StormRow[];
  readonly real?: readonly RealWindow[];
  readonly recover?: RecoverResult;
  readonly workers?: readonly Window[];
  readonly old?: OldResult;
  readonly memory?: MemoryResult;
}

/** When a workload ran, and on what. */
export interface Measured {
  /** `2026-01-31T12:00:00Z` */
  readonly at: string;
  readonly commit: string;
  readonly seconds: number;
  readonly found: FoundOut;
  /** Why it could not be measured; null: it was. */
  readonly broken: string | null;
}

/** Everything that a report is made from. */
export interface Run {
  /** `2026-01-31` */
  readonly date: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly results: Results;
  /** Peers that were not measured, each with the reason. */
  readonly skipped: readonly { readonly peer: string; readonly reason: string }[];
  /** Every workload that ran, in the order in which they did. */
  readonly measured: Readonly<Partial<Record<WorkloadName, Measured>>>;
}

/** What was found untrue of Payonce; each fails the run. */
export function falseAnswers({ measured }: Run): readonly string[] {
  return Object.values(measured).flatMap(({ found }) => found.ours);
}

export function brokenWorkloads({ measured }: Run): readonly string[] {
  return Object.entries(measured).flatMap(([workload, { broken }]) =>
    broken === null ? [] : [`The workload “${workload}” could not be measured: ${broken}`],
  );
}

/** An earlier report with what ran now in its place: each workload as it was measured last. */
export function merge(before: Run, now: Run): Run {
  const kept = Object.entries(before.results).filter(([workload]) => !(workload in now.measured));
  const isStillMissing = (peer: string): boolean =>
    !(peer in now.machine.peers) && now.skipped.every((skip) => skip.peer !== peer);
  return {
    ...now,
    machine: { ...now.machine, peers: { ...before.machine.peers, ...now.machine.peers } },
    results: { ...Object.fromEntries(kept), ...now.results },
    measured: { ...before.measured, ...now.measured },
    skipped: [...before.skipped.filter(({ peer }) => isStillMissing(peer)), ...now.skipped],
  };
}
