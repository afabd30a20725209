/** Programs that a judge starts: each in a process group of its own, with a time limit, and gone with us. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program early, once its output holds this. */
  readonly until?: RegExp;
}

export interface Ran {
  /** Null: it was ended, by `until` or by the time limit. */
  readonly code: number | null;
  readonly output: string;
  readonly timedOut: boolean;
}

export interface Runner {
  /** Runs Node with the arguments in the folder. */
  node(folder: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Ends whatever runs; whoever waits for it gets its end. */
  stop(): void;
  /** From then on nothing is started any more, and what was heard last means nothing. */
  stopped(): boolean;
}

/** Several times the slowest judge on a slow machine: a bug that only hangs is not caught, it is a bad bug. */
const TIME_LIMIT_MS = 5 * 60_000;

export function createRunner(): Runner {
  const children = new Set<ChildProcess>();
  let stopped = false;
  return {
    node(folder, args, { env = {}, until } = {}) {
      return new Promise((resolve, reject) => {
        if (stopped) return resolve({ code: null, output: '', timedOut: false });
        const child = spawn(process.execPath, [...args], {
          cwd: folder,
          env: { ...process.env, ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
          // A group of its own, so that its children end with it.
          detached: true,
        });
        children.add(child);
        let output = '';
        let timedOut = false;
        const timer = setTimeout(() => {
          timedOut = true;
          end(child);
        }, TIME_LIMIT_MS);
        const hear = (chunk: Buffer): void => {
          output += chunk.toString('utf8');
          if (until?.test(output)) end(child);
        };
        child.stdout.on('data', hear);
        child.stderr.on('data', hear);
        child.once('error', reject);
        child.once('close', (code) => {
          clearTimeout(timer);
          children.delete(child);
          resolve({ code, output, timedOut });
        });
      });
    },
    stopped: () => stopped,
    stop() {
      stopped = true;
      for (const child of children) end(child);
    },
  };
}

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}
