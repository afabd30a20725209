/** Finds what a package exports, with the compiler's help, and every type of ours that a caller sees there. */
import { SyntaxKind } from 'typescript/unstable/ast';
import { SymbolFlags } from 'typescript/unstable/sync';

/** @typedef {import('typescript/unstable/ast').Node} Node */
/** @typedef {import('typescript/unstable/sync').Project} Project */
/** @typedef {import('typescript/unstable/sync').Symbol} Symbol */

/**
 * The declarations of everything that a module exports, and of every type that their signatures, members and base types name.
 * What comes from a package or from the language is left out.
 *
 * @param {Project} project
 * @param {string} file the module's path
 * @returns {Set<Node> | null} null: the project has no such module
 */
export function exportedFrom({ program, checker }, file) {
  const source = program.getSourceFile(file);
  if (source === undefined) return null;
  const module = checker.getSymbolAtLocation(source);
  /** @type {Set<Node>} */
  const found = new Set();
  const waiting = module === undefined ? [] : [...checker.getExportsOfModule(module)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const node of declarationsOf(resolve(next))) {
      if (found.has(node)) continue;
      found.add(node);
      const names = namesOfTypes(node).map((name) => checker.getSymbolAtLocation(name));
      waiting.push(...names.filter((symbol) => symbol !== undefined));
    }
  }
  return found;

  /** @param {Symbol} symbol */
  function resolve(symbol) {
    return (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  }
}

/** @param {Symbol} symbol @returns {Node[]} */
function declarationsOf(symbol) {
  return symbol.declarations
    .filter(({ path, kind }) => !isForeign(path) && kind !== SyntaxKind.TypeParameter)
    .map((handle) => handle.resolve())
    .filter((node) => node !== undefined);
}

/** @param {string} path */
const isForeign = (path) => path.includes('/node_modules/') || /\/lib\.[\w.]+\.d\.ts$/.test(path);

/** The names of the types that a caller sees in a declaration. @param {Node} declaration @returns {Node[]} */
function namesOfTypes(declaration) {
  /** @type {Node[]} */
  const names = [];
  /** @param {any} node */
  function visit(node) {
    if (isInside(node) || isPrivate(node)) return;
    if (node.kind === SyntaxKind.TypeReference) names.push(node.typeName);
    if (node.kind === SyntaxKind.ExpressionWithTypeArguments) names.push(node.expression);
    node.forEachChild(visit);
  }
  declaration.forEachChild(visit);
  return names;
}

/** Whether it is a function's body, or a value that is no function. @param {any} node */
function isInside(node) {
  const isFunction = node.kind === SyntaxKind.ArrowFunction || node.kind === SyntaxKind.FunctionExpression;
  return node === node.parent.body || (node === node.parent.initializer && !isFunction);
}

/** @param {any} node */
export function isPrivate(node) {
  const isHidden = [SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword].some((kind) =>
    hasModifier(node, kind),
  );
  return isHidden || node.name?.kind === SyntaxKind.PrivateIdentifier;
}

/** @param {any} node @param {SyntaxKind} kind */
export function hasModifier(node, kind) {
  return node.modifiers?.some((/** @type {Node} */ modifier) => modifier.kind === kind) ?? false;
}
