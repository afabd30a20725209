/** Addresses under `/v1`. */
import { PayonceInputError } from './errors.ts';

/** A path under one payment. */
export function paymentPath(paymentId: string, ...parts: readonly string[]): string {
  return pathOf('/v1/payments', paymentId, ...parts);
}

/** A path; each part after the root is encoded. */
export function pathOf(root: string, ...parts: readonly string[]): string {
  return [root, ...parts.map(encodePart)].join('/');
}

/** Two names are no parts of a path: any `fetch` takes them out of it, however they are written, and the request would be about something else. */
function encodePart(part: string): string {
  if (part === '.' || part === '..')
    throw new PayonceInputError('No id can be "." or "..". Nothing was sent.');
  return encode(part);
}

function encode(text: string | number): string {
  try {
    return encodeURIComponent(text);
  } catch {
    throw new PayonceInputError('A text has half a character in it (a lone surrogate). Nothing was sent.');
  }
}

/** The query of an address; what is undefined is left out. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encode(value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
