import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ROOT } from './project.mjs';

const FORWARDED = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Runs a Node program to its end with our output and no input. A signal sent to us alone, as npm does, is
 * passed on, so that the program never runs on without us.
 *
 * @param {string[]} args the program's file and its arguments
 * @returns {Promise<number>} its exit code; 128 + n after signal n
 */
export function runNode(args) {
  return runCommand(process.execPath, args);
}

/** Like `runNode`, for any command. @param {string} command @param {string[]} args @returns {Promise<number>} */
export function runCommand(command, args) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => child.kill(signal);
  for (const signal of FORWARDED) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      for (const name of FORWARDED) process.off(name, forward);
      resolve(code ?? 128 + (signal === null ? 1 : constants.signals[signal]));
    });
  });
}
