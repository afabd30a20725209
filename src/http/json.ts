/**
 * JSON as money needs it: RFC 8259, but strict where it leaves a choice. A name may occur only once in an object, no number is
 * silently rounded, and what PostgreSQL cannot store is refused. JSON.parse checks the syntax. One scan over the valid text then
 * builds the values.
 *
 * A library was tried (lossless-json 4). It accepts a repeated name whose values are equal, and recurses as deeply as the text is
 * nested.
 */

import { isStorableText } from '../domain/text.ts';

/** A number that is not a plain, safe integer literal, as it was written: `100.0`, `1e2`, `-0`, `9007199254740993`. */
export class JsonNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

/** Objects are maps, so that `__proto__` is a name like any other. */
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = null | boolean | string | number | JsonNumber | readonly JsonValue[] | JsonObject;

/** `detail` is a sentence for the client. It repeats nothing of the body. */
export type JsonResult =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'refused'; readonly detail: string };

/** An order is two levels deep. */
const MAX_DEPTH = 8;

/** `ignoreBOM` leaves a byte order mark in the text, so that it can be refused (RFC 8259 §8.1 forbids it). */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text, and how far the scan has come. */
interface Cursor {
  readonly text: string;
  at: number;
}

/** Ends the scan. Caught in `parseJson` only. */
class Refusal extends Error {}

/** Parses a whole body. The length must be bounded by the caller; time is linear in it. */
export function parseJson(body: Uint8Array): JsonResult {
  if (body.length === 0) return refused('The body is empty, but must be a JSON object.');
  let text: string;
  try {
    text = UTF8.decode(body);
  } catch {
    return refused('The body is not valid UTF-8.');
  }
  if (text.startsWith('\ufeff')) return refused('The body begins with a byte order mark.');
  try {
    JSON.parse(text);
  } catch {
    // The engine's message quotes the body.
    return refused('The body is not valid JSON.');
  }
  try {
    return { kind: 'value', value: scanValue({ text, at: 0 }, 1) };
  } catch (error) {
    if (error instanceof Refusal) return refused(error.message);
    throw error;
  }
}

function refused(detail: string): JsonResult {
  return { kind: 'refused', detail };
}

/** Reads one value and the white space around it. Recursion ends at `MAX_DEPTH`. */
function scanValue(cursor: Cursor, depth: number): JsonValue {
  skipSpace(cursor);
  const value = scanBareValue(cursor, depth);
  skipSpace(cursor);
  return value;
}

function scanBareValue(cursor: Cursor, depth: number): JsonValue {
  switch (cursor.text.charCodeAt(cursor.at)) {
    case 0x7b: // {
      return scanObject(cursor, depth);
    case 0x5b: // [
      return scanArray(cursor, depth);
    case 0x22: // "
      return scanString(cursor);
    case 0x74: // true
      cursor.at += 4;
      return true;
    case 0x66: // false
      cursor.at += 5;
      return false;
    case 0x6e: // null
      cursor.at += 4;
      return null;
    default:
      return scanNumber(cursor);
  }
}

function scanObject(cursor: Cursor, depth: number): JsonObject {
  const object = new Map<string, JsonValue>();
  if (opensEmpty(cursor, depth, 0x7d)) return object;
  do {
    skipSpace(cursor);
    const nameAt = cursor.at;
    const name = scanString(cursor);
    // Compared after unescaping: "a" and "\u0061" are one name. Programs differ on which value counts (RFC 8259 §4).
    if (object.has(name))
      throw new Refusal(`A name occurs twice in one object (at character ${nameAt + 1}).`);
    skipSpace(cursor);
    cursor.at += 1; // :
    object.set(name, scanValue(cursor, depth + 1));
  } while (cursor.text.charCodeAt(cursor.at++) === 0x2c); // , or }
  return object;
}

function scanArray(cursor: Cursor, depth: number): readonly JsonValue[] {
  const array: JsonValue[] = [];
  if (opensEmpty(cursor, depth, 0x5d)) return array;
  do array.push(scanValue(cursor, depth + 1));
  while (cursor.text.charCodeAt(cursor.at++) === 0x2c); // , or ]
  return array;
}

/** Steps over the opening bracket and, if nothing is between them, over the closing one. */
function opensEmpty(cursor: Cursor, depth: number, closing: number): boolean {
  if (depth > MAX_DEPTH) throw new Refusal(`The body is nested more than ${MAX_DEPTH} levels deep.`);
  cursor.at += 1;
  skipSpace(cursor);
  if (cursor.text.charCodeAt(cursor.at) !== closing) return false;
  cursor.at += 1;
  return true;
}

function scanString(cursor: Cursor): string {
  const { text } = cursor;
  const start = cursor.at + 1;
  let end = text.indexOf('"', start);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  cursor.at = end + 1;
  const raw = text.slice(start, end);
  if (!raw.includes('\\')) return raw;
  // In valid JSON in UTF-8, only an escape can be NUL or half a surrogate pair.
  const value = JSON.parse(`"${raw}"`) as string;
  if (!isStorableText(value)) {
    throw new Refusal(`A string holds NUL or half a surrogate pair (at character ${start}).`);
  }
  return value;
}

/** Whether an odd number of backslashes comes before the quote. */
function isEscaped(text: string, quoteAt: number): boolean {
  let at = quoteAt - 1;
  while (text.charCodeAt(at) === 0x5c) at -= 1;
  return (quoteAt - at) % 2 === 0;
}

function scanNumber(cursor: Cursor): number | JsonNumber {
  const { text } = cursor;
  const start = cursor.at;
  let plain = true;
  for (; ; cursor.at += 1) {
    const code = text.charCodeAt(cursor.at);
    if (code >= 0x30 && code <= 0x39) continue;
    if (code === 0x2d && cursor.at === start) continue; // a leading minus
    if (code !== 0x2e && code !== 0x65 && code !== 0x45 && code !== 0x2b && code !== 0x2d) break; // . e E + -
    plain = false;
  }
  const source = text.slice(start, cursor.at);
  const value = plain ? Number(source) : Number.NaN;
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : new JsonNumber(source);
}

function skipSpace(cursor: Cursor): void {
  for (; ; cursor.at += 1) {
    const code = cursor.text.charCodeAt(cursor.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
  }
}
