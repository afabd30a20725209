/**
 * The `Idempotency-Key` request header (IETF draft "The Idempotency-Key HTTP Header Field"). The draft wants a quoted string of
 * RFC 8941, but most clients send the key bare. Both are taken: `abc` and `"abc"` are the same key.
 */

import { isPrintable, keyComplaint, NOT_PRINTABLE } from '../domain/key-rules.ts';
import type { Complaint } from '../domain/order-rules.ts';

export type KeyHeader =
  | { readonly kind: 'none' }
  /** 1 to 255 printable ASCII characters without a card number. */
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: Complaint['kind']; readonly detail: string };

const HEADER = 'idempotency-key';

/** sf-string (RFC 8941 §3.3.3): printable ASCII; a backslash may only come before a quote or another backslash. */
const QUOTED = /^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"$/;

const NONE: KeyHeader = { kind: 'none' };

/**
 * Reads the key from a request's raw headers (names and values in turn). Node's parsed headers join a repeated header to one value,
 * which would be a valid key that nobody chose.
 */
export function readIdempotencyKey(rawHeaders: readonly string[]): KeyHeader {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length !== HEADER.length || name.toLowerCase() !== HEADER) continue;
    if (value !== undefined) return invalid('The header is given more than once.');
    value = rawHeaders[i + 1] ?? '';
  }
  return value === undefined ? NONE : parseKey(value.replace(/^[ \t]+|[ \t]+$/g, ''));
}

/** The key as the quoted string of the draft. Only printable ASCII is a key, so it cannot end the header or begin another one. */
export function writeIdempotencyKey(key: string): string {
  return `"${key.replace(/["\\]/g, '\\$&')}"`;
}

function parseKey(value: string): KeyHeader {
  if (!isPrintable(value)) return invalid(`The key ${NOT_PRINTABLE}.`);
  if (value.startsWith('"') && !QUOTED.test(value)) {
    return invalid(
      'The key begins with a quote but is no quoted string of RFC 8941. Write \\" and \\\\ for a quote and a backslash inside, and end with a quote.',
    );
  }
  const key = value.startsWith('"') ? value.slice(1, -1).replace(/\\(["\\])/g, '$1') : value;
  if (key === '') return invalid('The key is empty. Send no header if you have no key.');
  const complaint = keyComplaint(key);
  if (complaint !== null) return { kind: complaint.kind, detail: `The key ${complaint.detail}.` };
  return { kind: 'key', key };
}

function invalid(detail: string): KeyHeader {
  return { kind: 'invalid', detail };
}
