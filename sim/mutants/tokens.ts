/** Cuts source text into tokens. Blanks and comments are left out; strings and templates are cut into words. */
import { createScanner, SyntaxKind } from 'typescript/unstable/ast';

export interface Token {
  /** `name`: an identifier. `text`: a piece of a string, a template or a regular expression. */
  readonly kind: 'name' | 'number' | 'text' | 'sign';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Everything else is a sign, keywords too. */
const KINDS: ReadonlyMap<SyntaxKind, Token['kind']> = new Map([
  [SyntaxKind.Identifier, 'name'],
  [SyntaxKind.PrivateIdentifier, 'name'],
  [SyntaxKind.NumericLiteral, 'number'],
  [SyntaxKind.BigIntLiteral, 'number'],
  [SyntaxKind.StringLiteral, 'text'],
  [SyntaxKind.RegularExpressionLiteral, 'text'],
  [SyntaxKind.NoSubstitutionTemplateLiteral, 'text'],
  [SyntaxKind.TemplateHead, 'text'],
  [SyntaxKind.TemplateMiddle, 'text'],
  [SyntaxKind.TemplateTail, 'text'],
] as const);

/** After a value a slash divides; after anything else it begins a regular expression. */
const ENDS_VALUE = /[\w$)\]}'"`]$/;
const BEFORE_VALUE = /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)$/;

/** `opening` says what the source begins in, such as a string; it is scanned before the source and left out. */
export function tokenize(source: string, opening = ''): readonly Token[] {
  const scanner = createScanner(true, undefined, opening + source);
  const tokens: Token[] = [];
  /** What each brace that is still open belongs to. */
  const braces: ('block' | 'template')[] = [];
  let text = '';
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFile; kind = scanner.scan()) {
    const isSlash = kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken;
    if (isSlash && !(ENDS_VALUE.test(text) && !BEFORE_VALUE.test(text))) kind = scanner.reScanSlashToken();
    if (kind === SyntaxKind.CloseBraceToken && braces.pop() === 'template')
      kind = scanner.reScanTemplateToken(false);
    if (kind === SyntaxKind.OpenBraceToken) braces.push('block');
    if (kind === SyntaxKind.TemplateHead || kind === SyntaxKind.TemplateMiddle) braces.push('template');
    text = scanner.getTokenText();
    const start = scanner.getTokenStart() - opening.length;
    const token = { kind: KINDS.get(kind) ?? 'sign', text, start, end: start + text.length } as const;
    tokens.push(...(token.kind === 'text' ? pieces(token) : [token]));
  }
  return withCommas(tokens.filter(({ start }) => start >= 0));
}

/** A formatter sets and removes commas before a closing bracket. Here each has one, which may be empty. */
function withCommas(tokens: readonly Token[]): readonly Token[] {
  return tokens.flatMap((token, index) => {
    const before = tokens[index - 1];
    if (before === undefined || !isSign(token, ')]}') || isSign(before, '([{,')) return [token];
    return [{ kind: 'sign', text: ',', start: before.end, end: before.end }, token];
  });
}

function isSign({ kind, text }: Token, signs: string): boolean {
  return kind === 'sign' && signs.includes(text);
}

/** A template is often SQL, where any run of blanks is like another. In other texts blanks are kept. */
function pieces(token: Token): readonly Token[] {
  const isTemplate = /^[`}]/.test(token.text);
  return [...token.text.matchAll(/\w+|\s+|[^\w\s]/g)].map(({ 0: piece, index }) => ({
    kind: 'text',
    text: isTemplate ? piece.replace(/^\s+$/, ' ') : piece,
    start: token.start + index,
    end: token.start + index + piece.length,
  }));
}
