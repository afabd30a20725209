/** One run of one of our programs, from its start until it has ended. */
import type { ChildProcess } from 'node:child_process';
import type { Guard } from './guard.ts';
import { waitFor, within } from './wait.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Program {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  hasExited(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** Whether a process of its group still runs. */
  leftBehind(): boolean;
}

export interface ProgramOptions {
  readonly guard: Guard;
  /** A JavaScript file and its arguments. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptor of the open log file. */
  readonly log: number;
  /** Called with what it prints. Not set: its output goes to the log. */
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

export interface ReadyOptions<T> extends Omit<ProgramOptions, 'onOutput'> {
  /** For error messages. */
  readonly name: string;
  /** Finds in the program's output what the caller waits for. Null: it is not there yet. */
  readonly ready: (output: string) => T | null;
}

/** A first start may have to install something or create a database, on a busy machine. */
const START_MS = 60_000;
/** Only the beginning is searched, because a server's log may grow for hours. */
const BEGINNING = 65_536;

/** Starts a program and waits until it is ready. `onStart` gets it before that. */
export async function startReady<T>(
  { name, ready, ...options }: ReadyOptions<T>,
  onStart: (program: Program) => void = () => {},
): Promise<{ readonly program: Program; readonly ready: T }> {
  let said = '';
  const onOutput = (text: string): void => {
    if (said.length < BEGINNING) said += text;
  };
  const program = startProgram({ ...options, onOutput });
  onStart(program);
  const found = await waitFor({ what: `${name} to start`, withinMs: START_MS, pollMs: 20 }, () => {
    if (program.hasExited()) throw new Error(`${name} ended while it was starting; see its log.\n${said}`);
    return ready(said);
  });
  return { program, ready: found as T };
}

/** Longer than a server may take to finish its open work. */
const STOP_MS = 16_000;

/** Sends SIGTERM to a program, and kills it if it does not end in time. */
export async function stopProgram(program: Program, withinMs = STOP_MS): Promise<void> {
  program.signal('SIGTERM');
  await within(withinMs, program.exited, null);
  program.signal('SIGKILL');
  await program.exited;
}

function groupExists(pid: number): boolean {
  if (pid <= 1) return false;
  try {
    return process.kill(-pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
