/** Checks what the server cannot check: what would be lost or changed on the way to it. The server checks the rest. */
import { PayonceInputError } from './errors.ts';
import { type Fields, isFields } from './fields.ts';

export function mustBeObject(what: string, given: object): void {
  if (!isFields(given)) throw new PayonceInputError(`${what} must be an object. Nothing was sent.`);
}

/** Refuses names that are not known: a misspelt `captureMethod` would take the money at once. */
export function refuseUnknown(what: string, given: object, known: readonly string[]): void {
  mustBeObject(what, given);
  const unknown = Object.keys(given).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new PayonceInputError(
    `${what} cannot have ${unknown.join(', ')}, only ${known.join(', ')}. Nothing was sent.`,
  );
}

/**
 * A body as JSON; what is undefined is left out. It is written before the first wait, so that a request that is repeated stays the same. The caller
 * may change the objects that we were given meanwhile.
 *
 * JSON drops functions and the like in silence: a `captureMethod` that is one would take the money at once. So they are refused.
 */
export function jsonOf(body: Fields): string {
  try {
    const given = Object.entries(body).filter(([, value]) => value !== undefined);
    return JSON.stringify(Object.fromEntries(given.map(([name, value]) => [name, plain(name, value)])));
  } catch (error) {
    if (error instanceof PayonceInputError) throw error;
    const why = error instanceof Error ? error.message : 'no reason given';
    throw new PayonceInputError(`What was given cannot be written as JSON (${why}). Nothing was sent.`);
  }
}

/** A copy of what JSON keeps as it is. */
function plain(at: string, value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return Array.from(value, (each, index) => plain(`${at}[${index}]`, each));
  if (typeof value === 'object' && isPlain(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, plain(`${at}.${name}`, each)]),
    );
  throw new PayonceInputError(
    `${at} must be a text, a number, true or false, a list, or a plain object: JSON keeps nothing else. Nothing was sent.`,
  );
}

/** Also those of another window or worker. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A function, if it is given. */
export function mustBeFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function')
    throw new PayonceInputError(`${name} must be a function. Nothing was sent.`);
}

/** An `AbortSignal`, if it is given. Not its controller, which is easily mistaken for it. */
export function mustBeSignal(value: unknown): void {
  if (value === undefined) return;
  const signal = value as Partial<AbortSignal> | null;
  const isSignal =
    typeof signal?.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function';
  if (!isSignal)
    throw new PayonceInputError(
      'signal must be an AbortSignal, such as controller.signal. Nothing was sent.',
    );
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
