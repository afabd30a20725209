/** `dist`: whether it is what the sources say, and the compiler if it is not. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fail, inRoot, say } from './project.mjs';
import { runNode } from './run.mjs';

const SRC = inRoot('src');
const DIST = inRoot('dist');

/** Lies in `dist`, so that it goes when that goes. */
const STAMP = join(DIST, '.payonce-build');

/** What decides the output beside the sources; the lockfile stands for the compiler's version. */
const CONFIGURATION = ['tsconfig.base.json', 'tsconfig.json', 'package-lock.json'];

/** Whether `dist` holds exactly what these sources give. */
export function isBuilt() {
  const sources = findSources();
  if (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== fingerprint(sources)) return false;
  return sources.flatMap(outputsOf).every((path) => existsSync(join(DIST, path)));
}

/** Compiles, copies what is not TypeScript, removes what no source gives any more. */
export async function build() {
  say('Building …');
  const sources = findSources();
  const stamp = fingerprint(sources);
  rmSync(STAMP, { force: true });
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  // Not incremental: it takes a third of a second, and would skip what was deleted from dist by hand.
  const flags = ['--incremental', 'false', '--tsBuildInfoFile', 'null', '--noEmitOnError'];
  const code = await runNode([compiler, '-p', inRoot('tsconfig.json'), ...flags]);
  if (code !== 0) fail('The build failed; see above. Nothing was started.', code);
  for (const asset of sources.filter(isAsset)) {
    mkdirSync(dirname(join(DIST, asset)), { recursive: true });
    copyFileSync(join(SRC, asset), join(DIST, asset));
  }
  removeStale(new Set(sources.flatMap(outputsOf)));
  writeFileSync(STAMP, stamp);
}

/** @param {string} path */
const isAsset = (path) => path.endsWith('.sql');

/** Every file that `dist` is made from, relative to `src`, sorted. */
function findSources() {
  const isSource = (/** @type {string} */ path) => path.endsWith('.ts') && !path.endsWith('.test.ts');
  return listFiles(SRC).filter((path) => isSource(path) || isAsset(path));
}

/** @param {string} source @returns {string[]} */
function outputsOf(source) {
  if (isAsset(source)) return [source];
  const name = source.slice(0, -'.ts'.length);
  return [`${name}.js`, `${name}.js.map`, `${name}.d.ts`];
}

/** @param {string[]} sources */
function fingerprint(sources) {
  const hash = createHash('sha256');
  for (const path of [
    ...CONFIGURATION.map((name) => inRoot(name)),
    ...sources.map((name) => join(SRC, name)),
  ]) {
    hash
      .update(`${relative(SRC, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @param {Set<string>} wanted */
function removeStale(wanted) {
  for (const path of listFiles(DIST)) {
    if (!wanted.has(path)) rmSync(join(DIST, path));
  }
}

/** @param {string} folder */
function listFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}
