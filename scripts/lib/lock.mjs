/**
 * Lets one process at a time install or build in a clone. Each one announces itself in a file of its own, then
 * looks for others and withdraws if there are any: two can never both find themselves alone, and what a killed
 * process left behind is only ever deleted, never taken over.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fail, say } from './project.mjs';

/** Longer than any installation takes. */
const WAIT_MS = 15 * 60 * 1000;

/**
 * Runs `work` while no other process that asked for the same lock runs its own.
 *
 * @template T
 * @param {string} folder the lock's folder, made if missing
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(folder, work) {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    fail(
      `This clone has to be prepared first, and cannot be written to: ${/** @type {Error} */ (error).message}`,
    );
  }
  const own = `${process.pid}.${startOf(process.pid)}.${randomBytes(4).toString('hex')}`;
  await acquire(folder, own);
  try {
    return await work();
  } finally {
    rmSync(join(folder, own), { force: true });
  }
}

/** @param {string} folder @param {string} own */
async function acquire(folder, own) {
  const start = performance.now();
  for (let told = false; performance.now() - start < WAIT_MS; ) {
    if (findOther(folder, own) === undefined) {
      writeFileSync(join(folder, own), '');
      if (findOther(folder, own) === undefined) return;
      rmSync(join(folder, own));
    } else if (!told) {
      told = true;
      say(`Waiting for process ${findOther(folder, own) ?? '?'}, which is preparing this clone …`);
    }
    await pause(randomInt(50, 250));
  }
  throw new Error(
    `Another process has been preparing this clone for too long. If none is, delete ${folder}.`,
  );
}

/** The pid of another living process that has announced itself. @param {string} folder @param {string} own */
function findOther(folder, own) {
  for (const name of readdirSync(folder)) {
    const [pid, start] = name.split('.');
    if (name === own) continue;
    if (isRunning(Number(pid), start)) return pid;
    rmSync(join(folder, name), { force: true });
  }
  return undefined;
}

/** @param {number} pid @param {string | undefined} start */
function isRunning(pid, start) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return false;
  }
  return startOf(pid) === start;
}

/** When the process was started, if the system says it: pids are used again. @param {number} pid */
function startOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return 'unknown';
  }
}
