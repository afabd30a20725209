import { type ChildProcess, type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface PostgresOwner {
  readonly process: ChildProcess;
  readonly url: string;
  /** Of the postmaster. */
  readonly pid: number;
  /** Why it got no server; empty if it has one. */
  readonly refused: string;
  /** Ends the owner as nothing else can, without a chance to clean up. */
  kill(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./postgres-owner.mjs', import.meta.url));

/** Another process that starts an embedded PostgreSQL (the built one, from `dist`) on the data folder. */
export function spawnOwner(dataDir: string): ChildProcessByStdio<null, Readable, null> {
  return spawn(process.execPath, [SCRIPT, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Such a process once it has its server, or knows that it gets none. */
export async function startOwner(dataDir: string): Promise<PostgresOwner> {
  const child = spawnOwner(dataDir);
  const exited = once(child, 'exit');
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited]);
  const { url = '', pid = -1, refused = '' } = JSON.parse(String(line)) as Partial<PostgresOwner>;
  return {
    process: child,
    url,
    pid,
    refused,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The watchdog processes of the cluster in this data folder. */
export function watchdogsOf(dataFolder: string): number[] {
  return processes()
    .filter(({ command }) => command.endsWith(dataFolder))
    .map(({ pid }) => pid);
}

/** Every running process, with its whole command line. */
export function processes(): { readonly pid: number; readonly command: string }[] {
  const { stdout } = spawnSync('ps', ['-ww', '-eo', 'pid=,stat=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, state, command = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return state === undefined || state.startsWith('Z') ? [] : [{ pid: Number(pid), command }];
  });
}
