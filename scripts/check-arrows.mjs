/**
 * Checks the arrows and bans of lib/arrows.mjs, in src, packages, sim and bench. Tests are exempt: they may bring together whatever
 * they test. Modules of src are named from there (`engine/drive.ts`), the others with their folder (`sim/world/world.ts`).
 *
 * Usage: check-arrows.mjs [folder with a src in it]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { BANS, NEVER_IMPORTED, RULES } from './lib/arrows.mjs';
import { findImports } from './lib/imports.mjs';
import { fail, ROOT, say } from './lib/project.mjs';
import { tokenize } from './lib/tokens.mjs';

/** @typedef {import('./lib/tokens.mjs').Token} Token */
/** @typedef {{ file: string, line: number, what: string, instead: string }} Violation */

/** Whether `target`, a path under src or a package, is meant by `entry` of a rule. @param {string} entry @param {string} target */
function covers(entry, target) {
  if (entry === '*' || entry === target) return true;
  if (entry === 'node:*') return target.startsWith('node:');
  if (entry.endsWith('/')) return target.startsWith(entry);
  return !entry.endsWith('.ts') && target.startsWith(`${entry}/`); // a package's subpath
}

/** @param {string} file @param {Token[]} tokens @returns {Violation[]} */
function checkImports(file, tokens) {
  const rule = RULES.find(({ part }) => covers(part, file));
  if (rule === undefined) {
    const instead =
      'Add a line for it to RULES in scripts/lib/arrows.mjs: what is it, and what may it import?';
    return [{ file, line: 1, what: 'this part has no rule', instead }];
  }
  return findImports(tokens).flatMap(({ from, line }) => {
    if (from === undefined) {
      return [
        { file, line, what: 'imports a computed path', instead: 'Write the path out: it must be checkable.' },
      ];
    }
    const target = from.startsWith('.') ? named(posix.join(posix.dirname(pathOf(file)), from)) : from;
    const never = target === rule.starts ? undefined : NEVER_IMPORTED[target];
    const isOwn = rule.part.endsWith('/') && target.startsWith(rule.part);
    const isAllowed = isOwn || rule.may.some((entry) => covers(entry, target));
    if (never === undefined && isAllowed) return [];
    return [{ file, line, what: `${rule.part} may not import ${target}`, instead: never ?? rule.instead }];
  });
}

/** Folders next to src. */
const BESIDE = ['packages', 'sim', 'bench'];

/** @param {string} file */
const isBeside = (file) => BESIDE.some((folder) => file.startsWith(`${folder}/`));

/** The whole of src is `*`: the others read no settings, and have their own use for the word process. @param {string} part @param {string} file */
const isWithin = (part, file) => (part === '*' ? !isBeside(file) : covers(part, file));

/** @param {string} file @param {Token[]} tokens @returns {Violation[]} */
function checkBans(file, tokens) {
  return BANS.filter(
    ({ within, except }) => file !== except && within.some((part) => isWithin(part, file)),
  ).flatMap(({ call, unless, instead }) =>
    findCalls(tokens, call.split(' '), unless).map((line) => ({
      file,
      line,
      what: `"${call}" is banned`,
      instead,
    })),
  );
}

/**
 * The lines where these words and signs follow each other, unless they merely name a property.
 *
 * @param {Token[]} tokens
 * @param {string[]} call
 * @param {string | undefined} unless
 */
function findCalls(tokens, call, unless) {
  return tokens.flatMap((token, index) => {
    const run = tokens.slice(index, index + call.length);
    const fits = call.every((text, offset) => run[offset]?.text === text && run[offset]?.kind !== 'string');
    const after = tokens[index + call.length]?.text;
    const isSpread = tokens[index - 2]?.text === '.';
    const isProperty = (tokens[index - 1]?.text === '.' && !isSpread) || (call.length === 1 && after === ':');
    const isException = unless !== undefined && after === unless;
    return fits && !isProperty && !isException ? [token.line] : [];
  });
}

/** A module's path from the root. @param {string} file */
const pathOf = (file) => (isBeside(file) ? file : `src/${file}`);

/** The name that the rules use for a path from the root. @param {string} path */
const named = (path) => (path.startsWith('src/') ? path.slice('src/'.length) : path);

/** @param {string} root @param {string} folder @returns {string[]} */
function findModules(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => /(?<!\.test|\.d)\.ts$/.test(path) && !path.includes('node_modules'))
    .map((path) => named(`${folder}/${path}`))
    .sort();
}

const root = process.argv[2] ?? ROOT;
const modules = ['src', ...BESIDE].flatMap((folder) => findModules(root, folder));
// A checker that looks in the wrong place must not report that all is well.
if (modules.length === 0) fail(`No modules found under ${root}: nothing was checked.`);

const violations = modules.flatMap((file) => {
  const tokens = tokenize(readFileSync(join(root, pathOf(file)), 'utf8'));
  return [...checkImports(file, tokens), ...checkBans(file, tokens)];
});
for (const { file, line, what, instead } of violations)
  say(`${pathOf(file)}:${line}  ${what}\n    ${instead}`);
say(`${modules.length} modules checked, ${violations.length} violations.`);
process.exitCode = violations.length === 0 ? 0 : 1;
