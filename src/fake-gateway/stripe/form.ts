/**
 * Form encoding as Stripe reads it: `metadata[order]=1&expand[]=latest_charge`. Brackets with a name make fields, brackets that are empty or
 * hold a number make a list.
 */
import { invalid } from './errors.ts';

/** A decoded value. */
export type Form = string | readonly Form[] | FormFields;
/** Decoded fields. They have no prototype, so that no name means anything else. */
export interface FormFields {
  readonly [name: string]: Form;
}

/** More than any call of Stripe's has. */
const MAX_PAIRS = 1_000;
const MAX_DEPTH = 8;

interface Node {
  text: string | null;
  /** By name, in the order of their first appearance. `[]` gets the next free number. */
  readonly children: Map<string, Node>;
  appended: number;
}

/** @throws StripeError if it cannot be decoded. */
export function decodeForm(text: string): FormFields {
  const root = newNode();
  const pairs = text.split('&').filter((pair) => pair !== '');
  if (pairs.length > MAX_PAIRS) throw invalid(`A request has at most ${MAX_PAIRS} parameters.`);
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = decodeText(at === -1 ? pair : pair.slice(0, at));
    put(root, pathOf(name), at === -1 ? '' : decodeText(pair.slice(at + 1)), name);
  }
  return fieldsOf(root);
}

function newNode(): Node {
  return { text: null, children: new Map(), appended: 0 };
}

function decodeText(encoded: string): string {
  let text: string;
  try {
    text = decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    throw invalid('Invalid request: the parameters are not valid UTF-8 in form encoding.');
  }
  // The ledger could not store it.
  if (text.includes('\0')) throw invalid('Invalid request: a parameter holds a NUL character.');
  return text;
}

/** `a[b][]` is `a`, `b` and an empty name. */
function pathOf(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  if (match === null) throw invalid(`Invalid parameter name: ${name.slice(0, 64)}`);
  const [, first = '', rest = ''] = match;
  const path = [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(([, inner = '']) => inner)];
  if (path.length > MAX_DEPTH) throw invalid(`Parameters may be nested ${MAX_DEPTH} deep.`);
  return path;
}

function put(root: Node, path: readonly string[], text: string, name: string): void {
  let node = root;
  for (const step of path) {
    const key = step === '' ? String(node.appended) : step;
    if (step === '' || /^\d+$/.test(step)) node.appended += 1;
    const child = node.children.get(key) ?? newNode();
    node.children.set(key, child);
    node = child;
    if (node.text !== null && step !== path.at(-1)) throw mixed(name);
  }
  if (node.children.size > 0) throw mixed(name);
  // As with every form, the last of two equal names counts.
  node.text = text;
}

function mixed(name: string): Error {
  return invalid(`Invalid parameter: ${name.slice(0, 64)} is both a value and a group of values.`);
}

function fieldsOf(node: Node): FormFields {
  const fields: Record<string, Form> = Object.create(null);
  for (const [name, child] of node.children) fields[name] = decoded(child);
  return fields;
}

function decoded(node: Node): Form {
  if (node.children.size === 0) return node.text ?? '';
  const names = [...node.children.keys()];
  if (!names.every((name) => /^\d{1,4}$/.test(name))) return fieldsOf(node);
  return names
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => decoded(node.children.get(name) ?? newNode()));
}
