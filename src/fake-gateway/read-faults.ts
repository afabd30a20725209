/** What goes wrong with lookups and lists: they are slow, or down. */
import type { CurrentSettings } from './faults/current.ts';
import { latencyMs, strikes } from './faults/decide.ts';
import type { FaultSettings } from './faults/settings.ts';
import type { Sleeper } from './sleep.ts';
import { DROP, type Wire } from './wire.ts';

/** Runs `read`, unless the lookup of this subject is down. */
export type GuardRead = (subject: string, read: (settings: FaultSettings) => Promise<Wire>) => Promise<Wire>;

/** How many subjects have their lookups counted. At this number, counting starts again. */
const MAX_COUNTED = 10_000;

/** @param down the answer of a lookup that is down. */
export function createReadFaults(current: CurrentSettings, sleeper: Sleeper, down: Wire): GuardRead {
  const counts = new Map<string, number>();

  function countRead(subject: string): number {
    if (counts.size >= MAX_COUNTED) counts.clear();
    const count = (counts.get(subject) ?? 0) + 1;
    counts.set(subject, count);
    return count;
  }

  return async (subject, read) => {
    const settings = await current.get();
    const n = countRead(subject);
    const waitMs = latencyMs(settings, 'lookup_latency', subject, n);
    if (waitMs > 0 && !(await sleeper.sleep(waitMs))) return DROP;
    return strikes(settings, 'lookup_down', subject, null, n) ? down : read(settings);
  };
}
