import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The clone's folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** @param {string[]} parts */
export const inRoot = (...parts) => join(ROOT, ...parts);

/** One line for the person who waits. @param {string} line */
export const say = (line) => process.stdout.write(`${line}\n`);

/** Says why nothing more can be done, and ends. @param {string} line @param {number} [code] */
export function fail(line, code = 1) {
  process.stderr.write(`${line}\n`);
  process.exit(code);
}
