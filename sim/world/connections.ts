/** The connections of one process to the database. A limited number of statements run at once, and the others wait in turn. */
import type { Scheduler } from '../core/scheduler.ts';

export interface Connections {
  /** Calls `onFree` at once or in turn, with a function that gives the connection back. `onTimeout`: none was free in time. */
  take(onFree: OnFree, onTimeout: () => void): void;
}

type OnFree = (giveBack: () => void) => void;

/** As in the service's own pool. */
const WAIT_MS = 5000;

/** @param count null: no limit */
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
