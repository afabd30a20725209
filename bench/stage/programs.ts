/** The programs of a benchmark, each a process of its own, and none of them outliving it. */
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../sim/chaos/processes/free-port.ts';
import { type Guard, startGuard } from '../../sim/chaos/processes/guard.ts';
import { type Program, type ReadyOptions, startReady } from '../../sim/chaos/processes/program.ts';

export interface Programs {
  /** Starts one and waits until `ready` finds what it is looking for in what the program prints. */
  start<T>(options: StartOptions<T>): Promise<{ readonly program: Program; readonly ready: T }>;
  freePort(): Promise<number>;
  /** Kills whatever still runs; more can be started afterwards. */
  endAll(): Promise<void>;
  /** Kills whatever still runs, and what it has left behind. */
  close(): Promise<void>;
}

export type StartOptions<T> = Omit<ReadyOptions<T>, 'guard' | 'log'>;

/** `folder`: where their logs go. */
export function openPrograms(folder: string): Programs {
  const guard: Guard = startGuard();
  const log = openSync(join(folder, 'programs.log'), 'a');
  const started = new Set<Program>();
  return {
    freePort,
    async endAll() {
      for (const program of started) {
        program.signal('SIGKILL');
        await program.exited;
      }
      started.clear();
    },
    start: (options) =>
      startReady({ ...options, guard, log }, (program) => {
        started.add(program);
        void program.exited.then(() => started.delete(program));
      }),
    close: () => guard.close(),
  };
}
