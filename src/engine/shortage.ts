/** What this process or machine itself is short of: no free file or port, no memory. None of it says anything about the gateway. */
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Slots } from './slots.ts';

export interface Shortage {
  /** Something could not be sent for it. Fewer of its kind are begun from now on. */
  noted(slots: Slots, paymentId: string, reason: string): void;
}

/** A minute without it, and the next one is told of again. */
const OVER_AFTER_MS = 60_000;

export function createShortage(clock: Clock, log: Log): Shortage {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    noted(slots, paymentId, reason) {
      slots.shrink();
      const nowMs = clock.monotonicMs();
      const isNews = nowMs - lastMs > OVER_AFTER_MS;
      lastMs = nowMs;
      if (!isNews) return;
      log.error(
        { alarm: 'out_of_resources', payment_id: paymentId, reason },
        'this process could not open a connection to the gateway, for want of files, ports or memory; nothing was sent, no order fails for it, and it is tried again every second: raise its limits (ulimit -n), or find what uses them up',
      );
    },
  };
}
