/**
 * Cuts TypeScript into words, strings and signs, without comments: enough to see what a file imports and calls,
 * and not fooled by a forbidden name in a comment, a string or a regular expression.
 *
 * @typedef {{ kind: 'word' | 'string' | 'sign', text: string, line: number }} Token
 */

/** What each piece of source looks like; the first that fits is taken. A template's text is skipped by hand. */
const PIECES = [
  { kind: 'skip', pattern: /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y },
  { kind: 'string', pattern: /'(?:\\[\s\S]|[^'\\\n])*'|"(?:\\[\s\S]|[^"\\\n])*"/y },
  { kind: 'regex', pattern: /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y },
  { kind: 'word', pattern: /[\p{ID_Start}$_][\p{ID_Continue}$]*|[0-9][\w.]*/uy },
  { kind: 'sign', pattern: /[\s\S]/y },
];

/** After these a slash begins a regular expression; after anything else that has a value it divides. */
const BEFORE_REGEX = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'delete',
  'void',
  'throw',
  'new',
  'else',
  'do',
]);

/**
 * @param {string} source
 * @returns {Token[]}
 */
export function tokenize(source) {
  /** @type {Token[]} */
  const tokens = [];
  /** How deep in braces each template that is being filled in began. @type {number[]} */
  const templates = [];
  let depth = 0;
  let line = 1;
  for (let at = 0; at < source.length; ) {
    const { kind, text } = pieceAt(source, at, tokens.at(-1));
    const endsFilling = text === '}' && templates.at(-1) === depth;
    if (kind === 'word' || kind === 'sign') tokens.push({ kind, text, line });
    if (kind === 'string') tokens.push({ kind, text: text.slice(1, -1), line });
    let end = at + text.length;
    if (text === '`' || endsFilling) {
      if (endsFilling) templates.pop();
      const stop = endOfTemplateText(source, end);
      if (source.startsWith('${', stop)) templates.push(depth);
      end = stop + (source.startsWith('${', stop) ? 2 : 1);
    } else if (text === '{') depth += 1;
    else if (text === '}') depth -= 1;
    line += source.slice(at, end).split('\n').length - 1;
    at = end;
  }
  return tokens;
}

/** @param {string} source @param {number} at @param {Token | undefined} previous */
function pieceAt(source, at, previous) {
  for (const { kind, pattern } of PIECES) {
    if (kind === 'regex' && !mayBeginRegex(previous)) continue;
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text !== undefined) return { kind, text };
  }
  throw new Error(`nothing fits at ${at}`); // the last pattern takes any character
}

/** @param {Token | undefined} previous */
function mayBeginRegex(previous) {
  if (previous === undefined) return true;
  if (previous.kind === 'word') return BEFORE_REGEX.has(previous.text);
  return previous.kind === 'sign' && !')]}`'.includes(previous.text);
}

/** Where the template's text ends: at its closing backtick or the next filling. @param {string} source @param {number} from */
function endOfTemplateText(source, from) {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '`' || source.startsWith('${', at)) return at;
  }
  return source.length;
}
