/** What a doc comment must say, for one declaration and everything in it. */
import { SyntaxKind } from 'typescript/unstable/ast';
import { hasModifier, isPrivate } from './exported.mjs';

/**
 * @typedef {{ node: any, what: string, instead: string }} Flaw
 */

const SAY = {
  comment: 'Say what it is: shape, unit, default, errors.',
  optional: 'Say what counts where it is left out: "Default …" or "Absent: …".',
  words: 'Explain every word that it can be.',
  variant: 'Say what this variant means, in a comment before it.',
};

/**
 * The rules:
 * - Every declaration has a comment, and so has every member. A comment of tags alone is none, and so is one behind other code on
 *   its line: the compiler and editors do not see it.
 * - A member that is one literal (`kind: 'paid'`) only marks a variant: its name and type say everything. So does one that
 *   overrides a member of its base class.
 * - Every variant of a union of objects has a comment, before it or on a member that is one literal. What several variants have under
 *   the same name is explained in one of them.
 * - The comment of an optional member says what counts where it is left out.
 * - Where the type is a choice of words, the comment names each.
 * - An object type inside of a member belongs to that member's comment.
 *
 * @param {any} declaration
 * @returns {Flaw[]}
 */
export function flawsOf(declaration) {
  const name = declaration.name?.text ?? 'the default export';
  const own = commentOf(
    declaration.kind === SyntaxKind.VariableDeclaration ? declaration.parent.parent : declaration,
  );
  const isAlias = declaration.kind === SyntaxKind.TypeAliasDeclaration;
  return [
    ...flawsOfComment(declaration, name, own),
    ...(isAlias ? flawsOfBody(declaration.type, name) : flawsOfMembers(declaration, name)),
  ];
}

/** @param {any} node @param {string} name @param {string} comment @returns {Flaw[]} */
function flawsOfComment(node, name, comment) {
  if (!isSaying(comment)) return [{ node, what: `${name} has no doc comment`, instead: SAY.comment }];
  const parts = node.type?.kind === SyntaxKind.UnionType ? node.type.types : [];
  const words = parts.map(wordOf).filter((/** @type {string | undefined} */ word) => word !== undefined);
  const silent = words.filter((/** @type {string} */ word) => !comment.includes(word));
  if (words.length < 2 || silent.length === 0) return [];
  return [{ node, what: `the comment of ${name} does not name ${silent.join(', ')}`, instead: SAY.words }];
}

/** The object types that an alias stands for. @param {any} type @param {string} name @returns {Flaw[]} */
function flawsOfBody(type, name) {
  if (type.kind === SyntaxKind.TypeLiteral) return flawsOfMembers(type, name);
  if (type.kind === SyntaxKind.ParenthesizedType) return flawsOfBody(type.type, name);
  if (type.kind === SyntaxKind.IntersectionType)
    return type.types.flatMap((/** @type {any} */ part) => flawsOfBody(part, name));
  if (type.kind !== SyntaxKind.UnionType) return [];
  const variants = type.types.flatMap((/** @type {any} */ part) => part.members ?? []);
  const told = new Set(
    variants.filter((/** @type {any} */ member) => isSaying(commentOf(member))).map(nameOf),
  );
  return type.types.flatMap((/** @type {any} */ part, /** @type {number} */ index) => {
    if (part.kind !== SyntaxKind.TypeLiteral) return flawsOfBody(part, name);
    const mark = part.members.find(isMark);
    const variant = `${name} (${mark === undefined ? `variant ${index + 1}` : mark.type.getText()})`;
    const flaws = flawsOfMembers(part, variant, told);
    const start = index === 0 ? type.pos : type.types[index - 1].end;
    const before = part.getSourceFile().text.slice(start, part.getStart());
    if (isSaying(before) || (mark !== undefined && isSaying(commentOf(mark)))) return flaws;
    return [{ node: part, what: `${variant} has no comment`, instead: SAY.variant }, ...flaws];
  });
}

/** @param {any} node @param {string} owner @param {Set<string>} [elsewhere] names explained in another variant @returns {Flaw[]} */
function flawsOfMembers(node, owner, elsewhere = new Set()) {
  return (node.members ?? []).filter(isToBeTold).flatMap((/** @type {any} */ member) => {
    const name = `${owner}.${nameOf(member)}`;
    const comment = commentOf(member);
    if (comment === '' && elsewhere.has(nameOf(member))) return [];
    const flaws = flawsOfComment(member, name, comment);
    const isOptional = (member.postfixToken ?? member.questionToken)?.kind === SyntaxKind.QuestionToken;
    if (flaws.length > 0 || !isOptional || /\b(default|absent)\b/i.test(comment)) return flaws;
    const what = `the comment of ${name} does not say what counts without it`;
    return [{ node: member, what, instead: SAY.optional }];
  });
}

/** @param {any} member */
function isToBeTold(member) {
  return !isMark(member) && !isPrivate(member) && !hasModifier(member, SyntaxKind.OverrideKeyword);
}

/** Whether a member can only be one literal. @param {any} member */
const isMark = (member) => member.type?.kind === SyntaxKind.LiteralType;

/** @param {any} member */
function nameOf(member) {
  return member.name?.getText() ?? (member.kind === SyntaxKind.Constructor ? 'constructor' : 'its signature');
}

/** @param {any} type @returns {string | undefined} */
function wordOf(type) {
  const literal = type.kind === SyntaxKind.LiteralType ? type.literal : undefined;
  return literal?.kind === SyntaxKind.StringLiteral ? literal.text : undefined;
}

/** The comment that an editor shows; '' where there is none. @param {any} node @returns {string} */
function commentOf(node) {
  return node.jsDoc?.at(-1)?.getText() ?? '';
}

/** Whether the last doc comment in a text, which is the one that counts, has words before its first tag. @param {string} text */
function isSaying(text) {
  const words = [...text.matchAll(/\/\*\*([\s\S]*?)\*\//g)].at(-1)?.[1] ?? '';
  return /^[\s*]*[^\s*@]/.test(words);
}
