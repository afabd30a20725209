import type { Mishap } from '../plan/faults.ts';
import { isStoreSound, type Plan } from '../plan/plan.ts';

/** After these, a process may have died or slept before it answered or raised an alarm. */
const SILENCES: ReadonlySet<Mishap> = new Set([
  'process_killed',
  'process_paused',
  'event_loop_stalls',
  'machine_suspended',
  'process_drained',
]);

/** Whether no process ever dies or stops for a while, and nothing goes wrong between the processes and the database. */
export function isUndisturbed(plan: Plan): boolean {
  return plan.scripted !== true && isStoreSound(plan) && !plan.mishaps.some((mishap) => SILENCES.has(mishap));
}

const UNSTEADY: ReadonlySet<Mishap> = new Set([
  'clock_jumps',
  'database_clock_steps',
  'machine_suspended',
  'event_loop_stalls',
]);

/** Whether no clock is ever set, and no machine or event loop stops for long. */
export function hasSteadyClocks({ mishaps, scripted }: Plan): boolean {
  return scripted !== true && !mishaps.some((mishap) => UNSTEADY.has(mishap));
}
