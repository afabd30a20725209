/** The packages: whether they are what the lockfile says, and `npm ci` if they are not. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fail, inRoot, say } from './project.mjs';
import { runCommand, runNode } from './run.mjs';

/** Lies among the packages, so that it goes when they go. */
const MARKER = inRoot('node_modules', '.payonce-setup');

/** Whether every package is there in the locked version. */
export function isInstalled() {
  const key = lockKey();
  if (read(MARKER) === key) return true;
  if (!matchesLock()) return false;
  markInstalled(key); // somebody ran npm by hand, and it came out right
  return true;
}

/** Installs exactly the locked versions, tools and platform binaries included whatever npm is set up to omit. */
export async function install() {
  say('Installing the packages (npm ci) …');
  const packages = ['--include=dev', '--include=optional'];
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--no-update-notifier', '--loglevel=error'];
  const code = await runNpm(['ci', ...packages, ...quiet]);
  if (code !== 0) fail(`npm ci failed with exit code ${code}; see above. Nothing was started.`, code);
  markInstalled(lockKey());
}

/** The npm that runs us, else the one in the PATH. @param {string[]} args */
function runNpm(args) {
  const running = process.env.npm_execpath;
  const isNpm = running !== undefined && basename(running).startsWith('npm');
  return isNpm ? runNode([running, ...args]) : runCommand('npm', args);
}

/** Another platform needs other packages for the same lockfile. */
function lockKey() {
  const hash = createHash('sha256')
    .update(readFileSync(inRoot('package-lock.json')))
    .digest('hex');
  return `${hash} ${process.platform} ${process.arch}`;
}

/** @param {string} key */
function markInstalled(key) {
  try {
    writeFileSync(MARKER, key);
  } catch {
    // Packages that another account installed are compared each time.
  }
}

/** Compares with what npm wrote down after its last installation; an interrupted one leaves nothing. */
function matchesLock() {
  const installed = packagesOf(inRoot('node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = packagesOf(inRoot('package-lock.json')) ?? {};
  return Object.entries(wanted).every(([path, entry]) => {
    if (isOurOwn(path, entry)) return true;
    const found = installed[path];
    return found === undefined ? mayBeMissing(entry) : found.version === entry.version;
  });
}

/**
 * Whether it lies in this clone, or is npm's link to what does: nothing to install, and the build finds it without the link.
 *
 * @param {string} path
 * @param {LockEntry} entry
 */
const isOurOwn = (path, { link }) => link === true || !path.startsWith('node_modules/');

/**
 * @typedef {{ version?: string, link?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry
 * @param {string} path
 * @returns {Record<string, LockEntry> | undefined}
 */
function packagesOf(path) {
  const text = read(path);
  return text === undefined ? undefined : JSON.parse(text).packages;
}

/**
 * Whether an optional package may be missing here: unless it is made for just this platform, it belongs to one
 * made for another. C libraries are not distinguished, so a package that is bound to one may be missing, too.
 *
 * @param {LockEntry} entry
 */
function mayBeMissing({ optional, os, cpu, libc }) {
  const isForHere = allows(os, process.platform) && allows(cpu, process.arch);
  const isBound = os !== undefined || cpu !== undefined;
  return optional === true && (!isBound || !isForHere || libc !== undefined);
}

/** npm's rule: a list of what is meant, or with "!" of what is not. @param {string[] | undefined} list @param {string} value */
function allows(list, value) {
  if (list === undefined || list.length === 0) return true;
  return list.includes(value) || (list.every((item) => item.startsWith('!')) && !list.includes(`!${value}`));
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
