/** The connections of one process to the database: so many statements at once, and the others wait in turn. */
import type { Scheduler } from '../core/scheduler.ts';

export interface Connections {
  /** Calls `onFree` with what gives the connection back: at once, or in turn. `onTimeout`: none came free in time. */
  take(onFree: OnFree, onTimeout: () => void): void;
}

type OnFree = (giveBack: () => void) => void;

/** As the service's own pool. */
const WAIT_MS = 5000;

/** @param count null: as many as are wanted */
export function createConnections(
  scheduler: Scheduler,
  count: number | null,
  onWait: () => void,
): Connections {
  let free = count ?? Number.POSITIVE_INFINITY;
  const queue = new Set<() => void>();

  function give(onFree: OnFree): void {
    free -= 1;
    let taken = true;
    onFree(() => {
      if (!taken) return;
      taken = false;
      free += 1;
      const [next] = queue;
      next?.();
    });
  }

  return {
    take(onFree, onTimeout) {
      if (free > 0) {
        give(onFree);
        return;
      }
      onWait();
      const waiter = (): void => {
        queue.delete(waiter);
        cancel();
        give(onFree);
      };
      const cancel = scheduler.after(WAIT_MS, () => {
        queue.delete(waiter);
        onTimeout();
      });
      queue.add(waiter);
    },
  };
}
