import type { Log } from '../ports/log.ts';

/** A stop for good: something is wrong that no retry fixes, and every further call could charge twice. */
export interface Halt {
  readonly halted: boolean;
  /** Stops the engine, and logs why, once. */
  now(fields: Record<string, unknown>, message: string): void;
}

export function createHalt(log: Log): Halt {
  let halted = false;
  return {
    get halted() {
      return halted;
    },
    now(fields, message) {
      if (halted) return;
      halted = true;
      log.error(fields, message);
    },
  };
}
