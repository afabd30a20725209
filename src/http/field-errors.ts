/**
 * What is wrong with a request, field by field, so that a client sees everything at once. No value is ever repeated, and a name
 * only if it is harmless: the client may have put a card number in the wrong place.
 */
import { harmlessName } from '../domain/fields.ts';

/** `pointer`: into the body (RFC 6901; "" is the whole body). `parameter`: of the query string. `detail` continues a sentence that begins with the name. */
export type FieldError =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string };

/** More than anyone fixes at once; a body of 64 KB could cause thousands. */
const MAX_ERRORS = 50;

/** The pointer to a member, escaped by RFC 6901 §3. If the name may not be repeated, the pointer to the object itself. */
function pointerTo(parent: string, name: string): string {
  const harmless = harmlessName(name);
  if (harmless === null) return parent;
  return `${parent}/${harmless.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The pointer to a value, from the names that lead to it. */
export function pointerOf(path: readonly string[]): string {
  return path.reduce(pointerTo, '');
}

export function firstErrors(errors: readonly FieldError[]): readonly FieldError[] {
  if (errors.length <= MAX_ERRORS) return errors;
  const rest = errors.length - MAX_ERRORS;
  return [...errors.slice(0, MAX_ERRORS), { pointer: '', detail: `has ${rest} more problems` }];
}

/** All errors as one sentence: `amount is required; currency must be …`. */
export function asSentence(errors: readonly FieldError[]): string {
  return firstErrors(errors)
    .map((error) => {
      const name = 'pointer' in error ? error.pointer.slice(1).replaceAll('/', '.') : error.parameter;
      return `${name === '' ? 'the request' : name} ${error.detail}`;
    })
    .join('; ');
}
