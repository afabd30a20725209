/** Checks what the server cannot check: what would be lost or changed on the way to it. The server checks the rest. */
import { PayonceInputError } from './errors.ts';
import { type Fields, isFields } from './fields.ts';

/** Refuses names that are not known: a misspelt `captureMethod` would take the money at once. */
export function refuseUnknown(what: string, given: unknown, known: readonly string[]): void {
  if (!isFields(given)) throw new PayonceInputError(`${what} must be an object. Nothing was sent.`);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new PayonceInputError(
    `${what} cannot have ${unknown.join(', ')}, only ${known.join(', ')}. Nothing was sent.`,
  );
}

/**
 * A body as JSON. It is written before the first wait, so that a request that is repeated stays the same. The caller may change the objects that
 * we were given meanwhile.
 */
export function jsonOf(body: Fields): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'no reason given';
    throw new PayonceInputError(`What was given cannot be written as JSON (${why}). Nothing was sent.`);
  }
}

/** A text with at least one character. */
export function mustBeText(name: string, value: unknown): string {
  if (typeof value !== 'string' || value === '')
    throw new PayonceInputError(`${name} must be a text that is not empty. Nothing was sent.`);
  return value;
}

export function mustBeWhole(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw new PayonceInputError(`${name} must be a whole number from ${least} to ${most}. Nothing was sent.`);
  return value;
}

/** Minor units that JSON keeps exactly. */
export function mustBeAmount(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && !Number.isInteger(value))
    throw new PayonceInputError(
      `${name} counts minor units (10.00 USD is 1000), so it must be a whole number. Round it first. Nothing was sent.`,
    );
  return mustBeWhole(name, value, 1, Number.MAX_SAFE_INTEGER);
}

export const mustBePaymentId = (value: unknown): string => mustBeUuid('paymentId', 'a payment', value);

/** A UUID, in lower case. `of`: what has it. */
export function mustBeUuid(name: string, of: string, value: unknown): string {
  const id = typeof value === 'string' ? value.toLowerCase() : '';
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id))
    throw new PayonceInputError(`${name} must be the id of ${of}, a UUID. Nothing was sent.`);
  return id;
}

/** What a header can carry. */
export function mustBePrintable(name: string, value: unknown): string {
  if (typeof value !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(value) || value.trim() !== value)
    throw new PayonceInputError(
      `${name} must be 1 to 255 printable ASCII characters, without spaces around them. Nothing was sent.`,
    );
  return value;
}
