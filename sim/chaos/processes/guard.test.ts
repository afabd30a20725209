import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Guard, startGuard } from './guard.ts';
import { type Program, startProgram } from './program.ts';

/** Prints a word once it ignores every signal that can be ignored, and then runs for ever. */
const STUBBORN = `for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {});
setInterval(() => {}, 1000); process.stdout.write('here');`;

let guard: Guard;
let log: number;

beforeEach(() => {
  guard = startGuard();
  log = openSync(devNull, 'a');
});
afterEach(async () => {
  await guard.close();
  closeSync(log);
});

function start(script: string): { program: Program; here: Promise<string> } {
  let say: (text: string) => void = () => {};
  const here = new Promise<string>((resolve) => {
    say = resolve;
  });
  const program = startProgram({ guard, args: ['-e', script], env: {}, log, onOutput: say });
  return { program, here };
}

// If this process dies, in any way, the only effect is that the pipe closes.
test('when the pipe ends, every program that still runs is killed, whatever it ignores', async () => {
  const programs = [start(STUBBORN), start(STUBBORN)];
  await Promise.all(programs.map(({ here }) => here));
  await guard.close();
  for (const { program } of programs) expect(await program.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a frozen program is killed too', async () => {
  const { program, here } = start(STUBBORN);
  await here;
  program.signal('SIGSTOP');
  await guard.close();
  expect((await program.exited).signal).toBe('SIGKILL');
});

test('a program that has ended leaves nothing behind, and one that left a child does', async () => {
  const alone = start('');
  expect(await alone.program.exited).toEqual({ code: 0, signal: null });
  expect(alone.program.leftBehind()).toBe(false);
  const parent = start(`const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', ${JSON.stringify(STUBBORN)}], { stdio: ['ignore', 'inherit', 'ignore'] }).unref();
    process.stdout.write('');`);
  await parent.here;
  expect((await parent.program.exited).code).toBe(0);
  expect(parent.program.leftBehind()).toBe(true);
  process.kill(-parent.program.pid, 'SIGKILL');
});
