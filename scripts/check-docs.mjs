/**
 * Checks that everything a package exports is explained where it is declared. The entries are those of package.json; the rules
 * are in lib/doc-comments.mjs.
 *
 * Usage: check-docs.mjs [folder with a package.json and a tsconfig.json]
 */
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { API } from 'typescript/unstable/sync';
import { flawsOf } from './lib/doc-comments.mjs';
import { exportedFrom } from './lib/exported.mjs';
import { fail, ROOT, say } from './lib/project.mjs';

/** @typedef {import('typescript/unstable/sync').Project} Project */

const root = resolve(process.argv[2] ?? ROOT);

/** The entries of a package and the modules that they are compiled from. @param {Project} project */
function entriesOf(project) {
  const { exports = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { outDir = root, rootDir = root } = project.compilerOptions;
  return Object.entries(exports)
    .filter(([, target]) => typeof target?.types === 'string')
    .map(([entry, { types }]) => {
      const source = relative(outDir, join(root, types)).replace(/\.d\.ts$/, '.ts');
      return { entry, file: join(rootDir, source) };
    });
}

/** @param {Project} project */
function check(project) {
  const declarations = new Set();
  for (const { entry, file } of entriesOf(project)) {
    const exported = exportedFrom(project, file);
    // A check that looks in the wrong place must not report that all is well.
    if (exported === null || exported.size === 0)
      fail(`The entry ${entry} exports nothing: looked in ${file}.`);
    for (const node of exported ?? []) declarations.add(node);
  }
  if (declarations.size === 0) fail(`No entry with types in ${root}: nothing was checked.`);
  const flaws = [...declarations].flatMap(flawsOf);
  for (const line of flaws.map(lineOf).sort(inOrder)) say(line);
  say(`${declarations.size} declarations checked, ${flaws.length} flaws.`);
  return flaws.length === 0;
}

/** By file and line. @param {string} a @param {string} b */
const inOrder = (a, b) => a.localeCompare(b, 'en', { numeric: true });

/** @param {import('./lib/doc-comments.mjs').Flaw} flaw */
function lineOf({ node, what, instead }) {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart());
  return `${relative(root, source.fileName)}:${line + 1}  ${what}\n    ${instead}`;
}

const compiler = new API({ cwd: root });
try {
  const config = join(root, 'tsconfig.json');
  const project = compiler.updateSnapshot({ openProjects: [config] }).getProject(config);
  if (project === undefined) fail(`No project in ${config}: nothing was checked.`);
  else process.exitCode = check(project) ? 0 : 1;
} finally {
  compiler.close();
}
