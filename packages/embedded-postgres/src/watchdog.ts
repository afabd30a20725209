/**
 * PostgreSQL runs in its own session, so that the Ctrl-C that starts our drain does not stop it first. But it must not outlive this process,
 * even after kill -9. So a small shell process waits at the other end of a pipe that only this process holds open. When the pipe ends, this
 * process is gone, and the shell stops the server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { type ServerUser, spawnAs, TOOL_ENVIRONMENT } from './user.ts';

/**
 * Signals only the pid in the data folder's `postmaster.pid`: after the server's death, another process may have got its pid. It waits ten
 * seconds for a clean end, and ten for a hard one.
 */
const SCRIPT = `
trap '' HUP INT QUIT TERM
data=$1
IFS= read -r server || exit
IFS= read -r end
tries=0
while [ $tries -lt 20 ] && kill -0 "$server"; do
  first=
  IFS= read -r first <"$data/postmaster.pid"
  if [ "$first" = "$server" ]; then
    if [ $tries -lt 10 ]; then kill -INT "$server"; else kill -QUIT "$server"; fi
  fi
  tries=$((tries + 1))
  sleep 1
done
`;

export interface Watchdog {
  /** Sets the server to watch. Before that there is nothing to stop. */
  watch(pid: number): void;
  /** Call it when the server has ended by itself. Resolves once the watchdog is gone, too. */
  dismiss(): Promise<void>;
}

/** A watchdog that was killed is replaced after this time, not at once: it may be killed again. */
const REPLACE_AFTER_MS = 1_000;

export function startWatchdog(dataFolder: string, user: ServerUser): Watchdog {
  let server: number | undefined;
  let dismissed = false;
  let current = spawnWatchdog();

  function spawnWatchdog(): { child: ChildProcess; pipe: Socket; gone: Promise<void> } {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'payonce-watchdog', dataFolder], {
      ...spawnAs(user),
      cwd: '/',
      env: TOOL_ENVIRONMENT,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const pipe = child.stdin as Socket;
    pipe.on('error', () => {}); // the watchdog may be gone
    const gone = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    void gone.then(replaceLater);
    // Neither the watchdog nor its pipe may keep this process alive: it waits for the end of this process.
    child.unref();
    pipe.unref();
    return { child, pipe, gone };
  }

  function replaceLater(): void {
    setTimeout(() => {
      if (dismissed) return;
      current = spawnWatchdog();
      if (server !== undefined) current.pipe.write(`${server}\n`);
    }, REPLACE_AFTER_MS).unref();
  }

  return {
    watch: (pid) => {
      server = pid;
      current.pipe.write(`${pid}\n`);
    },
    dismiss: () => {
      dismissed = true;
      current.child.ref();
      current.child.kill('SIGKILL'); // it ignores softer signals, and has nothing to finish
      return current.gone;
    },
  };
}
