/**
 * No process of a run may outlive it, even if the run itself is killed with -9. A small shell knows every child, and
 * reads from a pipe that only this process holds open. When the pipe ends, the shell kills the children that are left.
 * PostgreSQL has its own watchdog of the same kind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const SCRIPT = `
trap '' HUP INT QUIT TERM
pids=' '
while IFS=' ' read -r what pid; do
  case $what in
    start) pids="$pids$pid " ;;
    end) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid"; done
`;

/** A child waits for a word before it becomes the program. If we die first, the program never starts. */
const WAIT_FOR_WORD = 'IFS= read -r word && exec "$@" </dev/null';

export interface SpawnOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: 'pipe' | number;
  /** Descriptor of an open file. */
  readonly stderr: number;
}

export interface Guard {
  /** Starts a program in a process group of its own. It ends with this process at the latest. */
  spawn(options: SpawnOptions): ChildProcess;
  /** Ends the shell. Programs that still run are killed. */
  close(): Promise<void>;
}

export function startGuard(): Guard {
  const watchman = spawn('/bin/sh', ['-c', SCRIPT, 'chaos-guard'], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const pipe = watchman.stdin as Socket;
  pipe.on('error', () => {}); // the shell may have been killed
  const gone = new Promise<void>((resolve) => watchman.once('exit', () => resolve()));
  watchman.unref();
  pipe.unref();
  return {
    spawn({ command, args, env, stdout, stderr }) {
      const child = spawn('/bin/sh', ['-c', WAIT_FOR_WORD, 'chaos-child', command, ...args], {
        env,
        detached: true,
        stdio: ['pipe', stdout, stderr],
      });
      const { pid } = child;
      const input = child.stdin as Socket;
      input.on('error', () => {}); // a program that could not start shows that by its exit
      if (pid !== undefined) {
        pipe.write(`start ${pid}\n`);
        child.once('exit', () => pipe.write(`end ${pid}\n`));
      }
      input.end('go\n');
      return child;
    },
    async close() {
      watchman.ref();
      pipe.end();
      await gone;
    },
  };
}
