/** An example as its reader runs it: a process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { until } from '../../support/until.ts';
import type { Env } from '../support/service.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Program {
  readonly child: ChildProcess;
  /** What it has printed. */
  output(): string;
  /** Its exit code, once it has ended by itself; null if a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** It ends with its test at the latest. */
export function run(args: readonly string[], env: Env): Program {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close').then(([code]): number | null => code);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, output: () => output, ended };
}

/** Resolves to the address that the program says it is at. */
export function addressOf({ child, output }: Program): Promise<string> {
  return until(
    () => `the example to listen; it said:\n${output()}`,
    () => {
      if (child.exitCode !== null) throw new Error(`the example ended:\n${output()}`);
      return / is at (http:\S+)/.exec(output())?.[1];
    },
  );
}
