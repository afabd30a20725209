/** The programs of a benchmark, each a process of its own, and none of them outliving it. */
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../sim/chaos/processes/free-port.ts';
import { type Guard, startGuard } from '../../sim/chaos/processes/guard.ts';
import { type Program, startProgram } from '../../sim/chaos/processes/program.ts';
import { waitFor, within } from '../../sim/chaos/processes/wait.ts';

export interface Programs {
  /** Starts one and waits until `ready` finds what it is looking for in what the program prints. */
  start<T>(options: StartOptions<T>): Promise<{ readonly program: Program; readonly ready: T }>;
  freePort(): Promise<number>;
  /** Kills whatever still runs; more can be started afterwards. */
  endAll(): Promise<void>;
  /** Kills whatever still runs, and what it has left behind. */
  close(): Promise<void>;
}

export interface StartOptions<T> {
  readonly name: string;
  /** Arguments of `node`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly ready: (output: string) => T | null;
}

/** A first start may have to install or to make a database. */
const START_MS = 60_000;
const STOP_MS = 16_000;

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
    async start({ name, args, env, ready }) {
      let said = '';
      const program = startProgram({
        guard,
        args,
        env,
        log,
        onOutput: (text) => {
          // Only the beginning is looked at; a server's log may grow for hours.
          if (said.length < 65_536) said += text;
        },
      });
      started.add(program);
      void program.exited.then(() => started.delete(program));
      const found = await waitFor({ what: `${name} to start`, withinMs: START_MS, pollMs: 20 }, () => {
        if (program.hasExited()) {
          throw new Error(
            `${name} ended while it was starting; see ${join(folder, 'programs.log')}.\n${said}`,
          );
        }
        return ready(said);
      });
      return { program, ready: found };
    },
    close: () => guard.close(),
  };
}

/** Asks a program to stop, and kills it if it does not. */
export async function stopProgram(program: Program): Promise<void> {
  program.signal('SIGTERM');
  await within(STOP_MS, program.exited, null);
  program.signal('SIGKILL');
  await program.exited;
}
