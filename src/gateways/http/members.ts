/**
 * Finds a name that occurs twice in one JSON object. Its meaning depends on the reader: `JSON.parse` takes the last value, others take
 * the first. Such a text proves nothing about money.
 */

/** Far more than any answer of the protocol. Without a limit, brackets alone could fill the stack. */
const MAX_DEPTH = 32;

/**
 * Whether a name occurs twice in one object, at any depth. Names are compared after unescaping. A text that is nested more than 32
 * levels deep counts as ambiguous, too.
 *
 * Each member of an object has exactly one colon outside strings. Of two members with one name, `JSON.parse` keeps one. So the text has
 * more colons than the value has members if, and only if, a name occurs twice. This is much cheaper than a second parser.
 *
 * @param text valid JSON, in UTF-8
 * @param value what `JSON.parse` made of it
 */
export function isAmbiguous(text: Uint8Array, value: unknown): boolean {
  return colonsOutsideStrings(text) !== membersOf(value, 0);
}

function colonsOutsideStrings(text: Uint8Array): number {
  let colons = 0;
  let inString = false;
  // Bytes are enough: in UTF-8, no part of a longer character looks like one of these.
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at];
    if (inString) {
      // The byte after a backslash belongs to the string.
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x3a) colons += 1;
  }
  return colons;
}

/** The number of members of all objects in the value. `NaN`, which equals nothing, if it is nested too deep. */
function membersOf(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) return Number.NaN;
  const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let members = Array.isArray(value) ? 0 : inner.length;
  for (const one of inner) members += membersOf(one, depth + 1);
  return members;
}
