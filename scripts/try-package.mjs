/**
 * Uses the packed package as a customer does: unpacked into an empty project, with nothing else installed. A program that uses the whole client is
 * compiled under every way to find modules, and is run as ES module and as CommonJS. It must print what it should, and no warning.
 *
 * Usage: try-package.mjs [--as-built] [version of Node]...
 *   --as-built: takes `dist` as it is. For tests, which must not build it while others use it.
 *   Without a version: on the Node that runs this, without network. Each version is taken from the npm registry (`22`, `20.19.0`); one that
 *   cannot be had is skipped, and the output says so.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setUpAndBuild } from './lib/prepare.mjs';
import { fail, inRoot, ROOT, say } from './lib/project.mjs';

const EXPECTED = 'paid 10000 USD\nnot_believed\nPayonceInputError\ngenuine\n';
const PROGRAM = inRoot('test', 'client', 'consumer', 'shop.mts');

const STRICT = [
  '--strict',
  '--exactOptionalPropertyTypes',
  '--noUncheckedIndexedAccess',
  '--target',
  'es2022',
];
const IN_BROWSERS = ['--lib', 'es2022,dom,dom.asynciterable', '--types', ''];
const IN_NODE = ['--lib', 'es2023', '--types', 'node'];
/** How the compiler finds modules, and which forms of a file it takes then. */
const RESOLUTIONS = [
  { name: 'node16', flags: ['--module', 'node16', ...IN_NODE], forms: ['mts', 'cts'] },
  { name: 'nodenext', flags: ['--module', 'nodenext', ...IN_BROWSERS], forms: ['mts', 'cts'] },
  {
    name: 'bundler',
    flags: ['--module', 'preserve', '--moduleResolution', 'bundler', ...IN_BROWSERS],
    forms: ['mts'],
  },
  {
    name: 'commonjs',
    flags: ['--module', 'commonjs', '--moduleResolution', 'bundler', ...IN_NODE],
    forms: ['cts'],
  },
];

const AS_BUILT = '--as-built';
const versions = process.argv.slice(2).filter((word) => word !== AS_BUILT);
if (!process.argv.includes(AS_BUILT)) await setUpAndBuild();
const folder = mkdtempSync(join(tmpdir(), 'payonce-try-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

unpack();
compileAll();
runOn(process.version, process.execPath);
for (const version of versions) {
  const node = nodeOf(version);
  if (node === null) say(`SKIPPED: Node ${version} could not be had from the registry.`);
  else runOn(version, node);
}
say('The package works.');

/** Packs the package, and unpacks it as npm would. */
function unpack() {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
  const place = join(folder, 'node_modules', 'payonce');
  mkdirSync(place, { recursive: true });
  const flags = ['--strip-components=1', '--no-same-owner'];
  execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', place, ...flags]);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  // Types only, for the surroundings of Node.
  mkdirSync(join(folder, 'node_modules', '@types'));
  for (const name of ['@types/node', 'undici-types'])
    symlinkSync(inRoot('node_modules', name), join(folder, 'node_modules', name));
}

function compileAll() {
  const tsc = inRoot('node_modules', 'typescript', 'bin', 'tsc');
  for (const form of ['mts', 'cts']) cpSync(PROGRAM, join(folder, `shop.${form}`));
  for (const { name, flags, forms } of RESOLUTIONS) {
    for (const form of forms) {
      const args = [...STRICT, ...flags, '--outDir', join(folder, name), '--pretty', 'false'];
      const options = /** @type {const} */ ({ cwd: folder, encoding: 'utf8' });
      const { status, stdout } = spawnSync(process.execPath, [tsc, `shop.${form}`, ...args], options);
      if (status !== 0) fail(`shop.${form} does not compile with ${args.join(' ')}:\n${stdout}`);
    }
    say(`compiled: ${name} (${forms.join(', ')})`);
  }
}

/** @param {string} version @param {string} node the program */
function runOn(version, node) {
  for (const { name, forms } of RESOLUTIONS) {
    for (const form of forms) {
      const file = join(folder, name, `shop.${form.replace('ts', 'js')}`);
      const { status, stdout, stderr } = spawnSync(node, [file], { cwd: folder, encoding: 'utf8' });
      if (status === 0 && stdout === EXPECTED && stderr === '') continue;
      fail(`On Node ${version}, ${name} (${form}) ended with ${status}:\n${stdout}${stderr}`);
    }
  }
  say(`ran: Node ${version}`);
}

/** The binary of another Node. Null: it cannot be had. @param {string} version */
function nodeOf(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const place = join(folder, `node-${version}`);
  mkdirSync(place);
  const args = ['install', '--prefix', place, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', [...args, `${name}@${version}`], { cwd: place, stdio: 'ignore' });
  const node = join(place, 'node_modules', name, 'bin', 'node');
  return status === 0 && existsSync(node) ? node : null;
}
