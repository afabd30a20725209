/** What this process or machine is short of: files, ports or memory. That says nothing about the gateway. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { AllSlots } from './slots.ts';

export interface Shortage {
  /** Something could not be sent because of it. Fewer requests of this kind are started from now on. `names`: how the log names it. */
  noted(slots: AllSlots, names: Readonly<Record<string, unknown>>, reason: string): void;
}

/** After a minute without a shortage, the next one is reported again. */
const OVER_AFTER_MS = 60_000;

export function createShortage(clock: Clock, log: Log): Shortage {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    noted(slots, names, reason) {
      slots.shrink();
      const nowMs = clock.monotonicMs();
      const isNews = nowMs - lastMs > OVER_AFTER_MS;
      lastMs = nowMs;
      if (!isNews) return;
      log.error(
        { alarm: 'out_of_resources', ...names, reason },
        'this process could not open a connection to the gateway, because it is short of files, ports or memory; nothing was sent, no order fails because of it, and it is tried again every second: raise its limits (ulimit -n), or find what uses them up',
      );
    },
  };
}
