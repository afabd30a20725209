import type { Mishap } from '../plan/faults.ts';
import { isStoreSound, type Plan } from '../plan/plan.ts';

/** After these a process may have died, or slept, with something unsaid. */
const SILENCES: ReadonlySet<Mishap> = new Set([
  'process_killed',
  'process_paused',
  'event_loop_stalls',
  'machine_suspended',
  'process_drained',
]);

/** Whether no process ever falls silent, and its database always answers at once. */
export function isUndisturbed(plan: Plan): boolean {
  return plan.scripted !== true && isStoreSound(plan) && !plan.mishaps.some((mishap) => SILENCES.has(mishap));
}

const UNSTEADY: ReadonlySet<Mishap> = new Set([
  'clock_jumps',
  'database_clock_steps',
  'machine_suspended',
  'event_loop_stalls',
]);

/** Whether no clock is ever set, and none stands still. */
export function hasSteadyClocks({ mishaps, scripted }: Plan): boolean {
  return scripted !== true && !mishaps.some((mishap) => UNSTEADY.has(mishap));
}
