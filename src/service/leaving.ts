/** How the process ends: in good order at the first SIGTERM or SIGINT, and by force if that takes too long. */
import type { Log } from '../ports/log.ts';

/** A drain that hangs must not keep the process alive. Unfinished payments are taken over when their leases end. */
const FORCED_EXIT_MS = 14_500;

export interface LeavingParts {
  readonly onSignal: (signal: 'SIGTERM' | 'SIGINT', act: () => void) => void;
  readonly exit: (code: number) => void;
  /** Runs `work` after `waitMs`, but does not keep the process alive for it. */
  readonly after: (waitMs: number, work: () => void) => void;
  /** Called if the stop failed. */
  readonly fail: (error: unknown) => void;
  readonly log: Log;
}

export interface Leaving {
  /** Whether a signal has come. */
  readonly begun: boolean;
  /** Sets what a signal stops. If a signal has come already, stops it at once. */
  running(service: { stop(): Promise<void> }): void;
}

/** Listens for both signals. Only the first one has an effect: an impatient second one must not cut off calls. */
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
