/**
 * How long a client wants to wait for the outcome: the `Prefer` header (RFC 7240) with `wait=<seconds>` (§4.3) and
 * `respond-async` (§4.1). An unknown or malformed preference is ignored, never refused.
 */

export interface Waits {
  /** The wait of a request without a preference, in milliseconds. */
  readonly defaultWaitMs: number;
  /** The most that a client can ask for, in milliseconds. */
  readonly maxWaitMs: number;
}

export interface Preference {
  readonly waitMs: number;
  /** The value of `Preference-Applied` (§3), with the clamped seconds. Null: the request has no preference. */
  readonly applied: string | null;
}

/** `header`: the value that Node gives. It joins several headers by commas; its types also allow a list. */
export function readPreference(header: string | readonly string[] | undefined, waits: Waits): Preference {
  if (header === undefined) return { waitMs: waits.defaultWaitMs, applied: null };
  const preferences = firstOfEach(typeof header === 'string' ? header : header.join());
  const seconds = delaySeconds(preferences.get('wait'));
  const async = /^(?:"")?$/.test(preferences.get('respond-async') ?? '-');
  if (seconds === null) {
    return async ? { waitMs: 0, applied: 'respond-async' } : { waitMs: waits.defaultWaitMs, applied: null };
  }
  const waitMs = Math.min(seconds * 1000, waits.maxWaitMs);
  const wait = `wait=${Math.floor(waitMs / 1000)}`;
  // Together they mean: answer asynchronously if it takes longer (§4.3).
  return { waitMs, applied: async ? `respond-async, ${wait}` : wait };
}

/** If a preference is given twice, only the first one counts (§2), even if it is malformed. */
function firstOfEach(header: string): ReadonlyMap<string, string> {
  const preferences = new Map<string, string>();
  for (const preference of splitList(header)) {
    const equals = preference.indexOf('=');
    const name = (equals < 0 ? preference : preference.slice(0, equals)).trim().toLowerCase();
    const word = equals < 0 ? '' : preference.slice(equals + 1).trim();
    if (!preferences.has(name)) preferences.set(name, word);
  }
  return preferences;
}

/**
 * The elements of the list without their parameters (our preferences have none). Commas and semicolons inside a quoted string do not
 * separate (RFC 9110 §5.6.4). It is one pass, because regular expressions for this take quadratic time on hostile headers.
 */
function splitList(header: string): readonly string[] {
  const elements: string[] = [];
  let start = 0;
  let end = -1; // of the element, where its parameters begin
  let quoted = false;
  for (let at = 0; at <= header.length; at += 1) {
    const char = header.charAt(at); // '' behind the end
    if (quoted && char !== '') {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') {
      quoted = true;
    } else if (char === ';' && end < 0) {
      end = at;
    } else if (char === ',' || char === '') {
      elements.push(header.slice(start, end < 0 ? at : end));
      start = at + 1;
      end = -1;
    }
  }
  return elements;
}

/** delta-seconds (RFC 9110 §10.2.3), quoted or not; null for anything else. */
function delaySeconds(word: string | undefined): number | null {
  const digits = word === undefined ? null : /^(?:([0-9]+)|"([0-9]+)")$/.exec(word);
  return digits === null ? null : Number(digits[1] ?? digits[2]);
}
