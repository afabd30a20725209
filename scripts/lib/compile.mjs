/** What is compiled, each `dist` and `dist-sim`: whether it is what the sources say, and the compiler if it is not. */
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
import { pathToFileURL } from 'node:url';
import { fail, inRoot, say } from './project.mjs';
import { runNode } from './run.mjs';

/**
 * One thing to compile. `folders` are the sources, relative to `base`, from which the output's paths are counted;
 * `outputs` are the extensions that every source gives; `written` are files with the text that they get, by their paths in
 * the output; `made` are files whose text the compiled output makes.
 *
 * @typedef {{ name: string, base: string, folders: readonly string[], out: string, config: string, outputs: readonly string[], written?: Readonly<Record<string, string>>, made?: Readonly<Record<string, () => Promise<string>>> }} Target
 */

/** The embedded PostgreSQL, a package of its own. Before the program, which takes its declarations. @type {Target} */
export const EMBEDDED_POSTGRES = {
  name: 'Building the embedded PostgreSQL …',
  base: inRoot('packages', 'embedded-postgres', 'src'),
  folders: ['.'],
  out: inRoot('packages', 'embedded-postgres', 'dist'),
  config: join('packages', 'embedded-postgres', 'tsconfig.json'),
  outputs: ['.js', '.js.map', '.d.ts'],
};

/** The tools for agents, a package of its own. After the program, whose client it takes the declarations of. @type {Target} */
export const MCP = {
  name: 'Building the tools for agents …',
  base: inRoot('packages', 'mcp', 'src'),
  folders: ['.'],
  out: inRoot('packages', 'mcp', 'dist'),
  config: join('packages', 'mcp', 'tsconfig.json'),
  outputs: ['.js', '.js.map', '.d.ts'],
};

/**
 * Where the program finds a package of this clone. The link that npm makes will not do: clones that share their
 * installed packages, as worktrees and the copies for planted bugs do, would all run the one that the link leads to.
 *
 * @param {string} name its folder in `packages`
 */
const linkTo = (name) => {
  const place = join('node_modules', `payonce-${name}`);
  return {
    [join(place, 'package.json')]: '{ "type": "module", "exports": "./index.js" }\n',
    [join(place, 'index.js')]: `export * from '../../../packages/${name}/dist/index.js';\n`,
  };
};

/** The OpenAPI document, as a server with the default settings serves it. */
async function makeDocument() {
  const { apiDocument, ANSWER_RETENTION_MS } = await import(
    pathToFileURL(inRoot('dist', 'http', 'openapi', 'api.js')).href
  );
  return `${JSON.stringify(apiDocument(ANSWER_RETENTION_MS), null, 2)}\n`;
}

/** The program. @type {Target} */
export const PROGRAM = {
  name: 'Building …',
  base: inRoot('src'),
  folders: ['.'],
  out: inRoot('dist'),
  config: 'tsconfig.json',
  outputs: ['.js', '.js.map', '.d.ts'],
  written: { ...linkTo('embedded-postgres'), ...linkTo('mcp') },
  made: { 'openapi.json': makeDocument },
};

/**
 * The client for programs that use `require`. Node 20.19 can load the other form, too, but TypeScript refuses that where it keeps to the older
 * rules of Node. After the program, which removes from its folder what is not its own. @type {Target}
 */
export const CLIENT = {
  name: 'Building the client for CommonJS …',
  base: inRoot('src', 'client'),
  folders: ['.'],
  out: inRoot('dist', 'client', 'cjs'),
  config: 'tsconfig.client.json',
  outputs: ['.js', '.js.map', '.d.ts'],
  written: { 'package.json': '{ "type": "commonjs" }\n' },
};

/** The proof and the benchmark, with the program's parts that they use. @type {Target} */
export const PROOF = {
  name: 'Building the proof …',
  base: inRoot(),
  folders: ['src', 'sim', 'bench', join('packages', 'embedded-postgres', 'src')],
  out: inRoot('dist-sim'),
  config: 'tsconfig.sim.json',
  outputs: ['.js', '.js.map'],
};

/** What decides the output, besides the sources. The lockfile stands for the compiler's version. */
const CONFIGURATION = ['tsconfig.base.json', 'package-lock.json'];

/** Lies in the output, so that it goes when that goes. @param {Target} target */
const stampOf = (target) => join(target.out, '.payonce-build');

/** Whether the output is exactly what these sources give. @param {Target} target */
export function isBuilt(target) {
  const sources = findSources(target);
  const stamp = stampOf(target);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== fingerprint(target, sources)) return false;
  return findOutputs(target, sources).every((path) => existsSync(join(target.out, path)));
}

/** Compiles, copies what is not TypeScript, removes what no source gives any more. @param {Target} target */
export async function build(target) {
  say(target.name);
  const sources = findSources(target);
  const stamp = fingerprint(target, sources);
  rmSync(stampOf(target), { force: true });
  const compiler = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  // Not incremental: it takes a third of a second, and would skip what was deleted from the output by hand.
  const flags = ['--incremental', 'false', '--tsBuildInfoFile', 'null', '--noEmitOnError'];
  const code = await runNode([compiler, '-p', inRoot(target.config), ...flags]);
  if (code !== 0) fail('The build failed; see above. Nothing was started.', code);
  for (const asset of sources.filter(isAsset)) {
    mkdirSync(dirname(join(target.out, asset)), { recursive: true });
    copyFileSync(join(target.base, asset), join(target.out, asset));
  }
  for (const [path, text] of Object.entries(target.written ?? {})) {
    mkdirSync(dirname(join(target.out, path)), { recursive: true });
    writeFileSync(join(target.out, path), text);
  }
  for (const [path, make] of Object.entries(target.made ?? {})) {
    writeFileSync(join(target.out, path), await make());
  }
  removeStale(target, new Set(findOutputs(target, sources)));
  writeFileSync(stampOf(target), stamp);
}

/** @param {string} path */
const isAsset = (path) => path.endsWith('.sql');

/** The peers of the benchmark are packages of their own, with packages in them. @param {string} path */
const isInstalled = (path) => path.includes('node_modules');

/** Every file that the output is made from, relative to the target's base, sorted. @param {Target} target */
function findSources({ base, folders }) {
  const isSource = (/** @type {string} */ path) => path.endsWith('.ts') && !path.endsWith('.test.ts');
  return folders
    .flatMap((folder) => listFiles(join(base, folder)).map((path) => join(folder, path)))
    .filter((path) => !isInstalled(path) && (isSource(path) || isAsset(path)));
}

/** Every file of the output. @param {Target} target @param {string[]} sources @returns {string[]} */
function findOutputs(target, sources) {
  const made = sources.flatMap((source) => outputsOf(target, source));
  return [...made, ...Object.keys(target.written ?? {}), ...Object.keys(target.made ?? {})];
}

/** @param {Target} target @param {string} source @returns {string[]} */
function outputsOf({ outputs }, source) {
  if (isAsset(source)) return [source];
  const name = source.slice(0, -'.ts'.length);
  return outputs.map((extension) => `${name}${extension}`);
}

/** @param {Target} target @param {string[]} sources */
function fingerprint({ base, config, written }, sources) {
  const hash = createHash('sha256').update(JSON.stringify(written ?? {}));
  for (const path of [
    ...[config, ...CONFIGURATION].map((name) => inRoot(name)),
    ...sources.map((name) => join(base, name)),
  ]) {
    hash
      .update(`${relative(base, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @param {Target} target @param {Set<string>} wanted */
function removeStale(target, wanted) {
  for (const path of listFiles(target.out)) {
    if (!wanted.has(path)) rmSync(join(target.out, path));
  }
}

/** @param {string} folder */
function listFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}
