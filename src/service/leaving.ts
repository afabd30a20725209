/** How the process ends: in good order at the first SIGTERM or SIGINT, by force where that takes too long. */
import type { Log } from '../ports/log.ts';

/** A drain that hangs must not keep the process: what is left is recovered by its leases. */
const FORCED_EXIT_MS = 14_500;

export interface LeavingParts {
  readonly onSignal: (signal: 'SIGTERM' | 'SIGINT', act: () => void) => void;
  readonly exit: (code: number) => void;
  /** Runs `work` after so long, and keeps no process alive for it. */
  readonly after: (waitMs: number, work: () => void) => void;
  /** The stop failed. */
  readonly fail: (error: unknown) => void;
  readonly log: Log;
}

export interface Leaving {
  /** Whether a signal has come. */
  readonly begun: boolean;
  /** From now on this is what a signal stops; at once, if one has come already. */
  running(service: { stop(): Promise<void> }): void;
}

/** Listens for both signals. Only the first of them does anything: an impatient second one must not cut calls off. */
export function leaveOnSignal({ onSignal, exit, after, fail, log }: LeavingParts): Leaving {
  let begun = false;
  let service: { stop(): Promise<void> } | null = null;

  function leave(): void {
    service?.stop().then(() => exit(0), fail);
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    onSignal(signal, () => {
      if (begun) return;
      begun = true;
      log.info({ signal }, 'draining');
      after(FORCED_EXIT_MS, () => exit(1));
      leave();
    });
  }
  return {
    get begun() {
      return begun;
    },
    running(started) {
      service = started;
      if (begun) leave();
    },
  };
}
