/** Finds what a file imports, types included: an import that disappears in the build is an arrow all the same. */

/** @typedef {import('./tokens.mjs').Token} Token */

/**
 * @typedef {{ from: string | undefined, line: number }} Import `from` is undefined where it is computed
 * @param {Token[]} tokens
 * @returns {Import[]}
 */
export function findImports(tokens) {
  /** @type {Import[]} */
  const found = [];
  tokens.forEach((token, index) => {
    const isStatement = token.kind === 'word' && tokens[index - 1]?.text !== '.';
    const from = isStatement ? readImport(tokens, index) : null;
    if (from !== null) found.push({ from, line: token.line });
  });
  return found;
}

/**
 * What the `import` or `export` at `index` imports from; null if it imports nothing.
 *
 * @param {Token[]} tokens
 * @param {number} index
 */
function readImport(tokens, index) {
  const word = tokens[index]?.text;
  const next = tokens[index + 1];
  if (word === 'import') {
    if (next?.kind === 'string') return next.text;
    if (next?.text === '(') return stringAt(tokens, index + 2);
    const isStatement = next?.text === '{' || next?.text === '*' || next?.kind === 'word';
    return isStatement ? sourceOf(tokens, index + 1) : null;
  }
  if (word !== 'export') return null;
  const first = next?.text === 'type' ? tokens[index + 2]?.text : next?.text;
  return first === '{' || first === '*' ? sourceOf(tokens, index + 1) : null;
}

/**
 * The string after the `from` that ends the list of names; null where the statement has none.
 *
 * @param {Token[]} tokens
 * @param {number} index
 */
function sourceOf(tokens, index) {
  for (let at = index; at < tokens.length; at += 1) {
    const { kind, text } = /** @type {Token} */ (tokens[at]);
    if (kind === 'word' && text === 'from' && tokens[at + 1]?.kind === 'string')
      return stringAt(tokens, at + 1);
    const belongsToList = kind === 'word' || kind === 'string' || '{},*'.includes(text);
    if (!belongsToList || text === 'import' || text === 'export') return null;
  }
  return null;
}

/** @param {Token[]} tokens @param {number} index */
function stringAt(tokens, index) {
  const token = tokens[index];
  return token?.kind === 'string' ? token.text : undefined;
}
