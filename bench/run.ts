/** One run: starts the programs, measures the workloads one after another, and puts the results together. */
import { createFindings } from './judge/findings.ts';
import type { Plan, WorkloadName } from './plan.ts';
import { readMachine } from './report/machine.ts';
import type { Measured, Results, Run } from './results.ts';
import { preparePeers } from './stage/peers.ts';
import { openStage } from './stage/stage.ts';
import type { Context } from './workloads/context.ts';
import { measureMemory } from './workloads/memory.ts';
import { measureMixed } from './workloads/mixed.ts';
import { measureNew } from './workloads/new.ts';
import { measureOld } from './workloads/old.ts';
import { measureReal } from './workloads/real.ts';
import { measureRecover } from './workloads/recover.ts';
import { measureReplay } from './workloads/replay.ts';
import { measureStorm } from './workloads/storm.ts';
import { measureWorkers } from './workloads/workers.ts';

const MEASURE: { readonly [Name in WorkloadName]: (context: Context) => Promise<Required<Results>[Name]> } = {
  new: measureNew,
  replay: measureReplay,
  mixed: measureMixed,
  storm: measureStorm,
  real: measureReal,
  recover: measureRecover,
  workers: measureWorkers,
  old: measureOld,
  memory: measureMemory,
};

export interface RunOptions {
  readonly plan: Plan;
  readonly date: string;
  /** The project's folder. */
  readonly root: string;
  /** Emptied. */
  readonly stageFolder: string;
  readonly say: (line: string) => void;
  /** Gets a function that ends everything, in case that is needed before the run is over. */
  readonly onStage: (close: () => Promise<void>) => void;
  /** Nothing new is begun once it is aborted. */
  readonly signal: AbortSignal;
}

export async function run(options: RunOptions): Promise<Run> {
  const { plan, date, root, stageFolder, say, onStage, signal } = options;
  const { ready, skipped } = await preparePeers({ root, wanted: plan.peers, say });
  const stage = await openStage({ root, folder: stageFolder, say });
  onStage(stage.close);
  try {
    const machine = await readMachine(stage, ready);
    const results: Record<string, unknown> = {};
    const measured: Partial<Record<WorkloadName, Measured>> = {};
    for (const workload of plan.workloads) {
      signal.throwIfAborted();
      say(`${workload} …`);
      const at = `${new Date().toISOString().slice(0, 19)}Z`;
      const startedMs = performance.now();
      const findings = createFindings();
      const outcome = await attempt(() => MEASURE[workload]({ stage, plan, findings, peers: ready }));
      signal.throwIfAborted();
      if (outcome.kind === 'done') results[workload] = outcome.result;
      else say(`    ${outcome.trace}`);
      // Whatever a broken workload left behind must not disturb the next one.
      await stage.programs.endAll();
      measured[workload] = {
        at,
        commit: machine.commit,
        seconds: Math.round((performance.now() - startedMs) / 1000),
        found: findings.read(),
        broken: outcome.kind === 'done' ? null : outcome.reason,
      };
    }
    return { date, quick: plan.quick, machine, results, skipped, measured };
  } finally {
    await stage.close();
  }
}

type Attempt =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'broken'; readonly reason: string; readonly trace: string };

/** A workload that cannot be measured does not stop the others. */
async function attempt(work: () => Promise<unknown>): Promise<Attempt> {
  try {
    return { kind: 'done', result: await work() };
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'broken', reason: String(error), trace: String(error) };
    return { kind: 'broken', reason: error.message, trace: error.stack ?? error.message };
  }
}
