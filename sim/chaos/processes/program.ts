/** One run of one of our programs, from its start until it has ended. */
import type { ChildProcess } from 'node:child_process';
import type { Guard } from './guard.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  hasExited(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Whether anything of its process group is left. */
  leftBehind(): boolean;
}

export interface ProgramOptions {
  readonly guard: Guard;
  /** A JavaScript file and its arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptor of the open log file. */
  readonly log: number;
  /** Told what it prints; without it, that goes to the log. */
  readonly onOutput?: (text: string) => void;
}

export function startProgram({ guard, args, env, log, onOutput }: ProgramOptions): Program {
  const child: ChildProcess = guard.spawn({
    command: process.execPath,
    args,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdout: onOutput === undefined ? log : 'pipe',
    stderr: log,
  });
  if (onOutput !== undefined) child.stdout?.setEncoding('utf8').on('data', onOutput);
  const pid = child.pid ?? -1;
  let exit: Exit | null = null;
  const exited = new Promise<Exit>((resolve) => {
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      exit = { code, signal };
      resolve(exit);
    };
    child.once('exit', finish);
    child.once('error', () => finish(null, null));
  });
  return {
    pid,
    exited,
    hasExited: () => exit !== null,
    signal: (signal) => {
      if (exit === null) child.kill(signal);
    },
    leftBehind: () => groupExists(pid),
  };
}

function groupExists(pid: number): boolean {
  if (pid <= 1) return false;
  try {
    return process.kill(-pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
