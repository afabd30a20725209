/** Reads a JSON object from the bytes of an answer. What can be read in two ways proves nothing. */
import { isUtf8 } from 'node:buffer';
import type { Answer } from './exchange.ts';
import { isAmbiguous } from './members.ts';

/** Minor units must be written as whole numbers: `JSON.parse` rounds 1000.0000000000000001 to 1000. */
const BROKEN_AMOUNT = /"(amount|captured|refunded)"\s*:\s*-?\d+[.eE]/;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON object in an answer. `undefined` for any other body: another media type, compressed although we asked for it not to be, or none
 * that `objectIn` reads. A missing `Content-Type` is accepted.
 */
export function jsonObject(answer: Answer): JsonObject | undefined {
  const { headers } = answer;
  if (!isJson(headers['content-type'])) return undefined;
  if (!isPlain(headers['content-encoding']) || !isWhole(headers['transfer-encoding'])) return undefined;
  return objectIn(answer.body);
}

/**
 * The JSON object in these bytes. `undefined` if they are anything else: not UTF-8, not JSON, no object, or an object in which a name occurs
 * twice or an amount is no whole number.
 */
export function objectIn(body: Buffer): JsonObject | undefined {
  if (body.length === 0 || !isUtf8(body)) return undefined;
  try {
    const text = body.toString('utf8');
    const value: unknown = JSON.parse(text);
    if (BROKEN_AMOUNT.test(withoutEscapes(text))) return undefined;
    return isObject(value) && !isAmbiguous(body, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The text with its escaped letters, digits and underscores as they are: a name may be written as `"amoun\u0074"`. */
function withoutEscapes(text: string): string {
  return text.replace(/\\u00([3-7][0-9a-f])/gi, (written, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return /\w/.test(char) ? char : written;
  });
}

/** Whether it is a JSON object: no list, and not `null`. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(contentType: string | string[] | undefined): boolean {
  if (contentType === undefined) return true;
  return (
    typeof contentType === 'string' && /^application\/([a-z0-9.-]+\+)?json\s*(;|$)/i.test(contentType.trim())
  );
}

function isPlain(encoding: string | string[] | undefined): boolean {
  return encoding === undefined || (typeof encoding === 'string' && /^\s*(identity)?\s*$/i.test(encoding));
}

/** undici has joined the chunks. Any other coding is still on the body. */
function isWhole(encoding: string | string[] | undefined): boolean {
  return encoding === undefined || (typeof encoding === 'string' && /^\s*chunked\s*$/i.test(encoding));
}
