/** Reads parameters by hand, with Stripe's words for what is wrong. An empty text means that the parameter is not set. */
import { invalid, StripeError } from './errors.ts';
import type { Form, FormFields } from './form.ts';

/** @throws StripeError for the first name that the operation does not take. */
export function checkNames(
  fields: FormFields,
  known: readonly string[],
  notEmulated: readonly string[] = [],
): void {
  for (const name of Object.keys(fields)) {
    if (known.includes(name)) continue;
    const message = notEmulated.includes(name)
      ? `The fake gateway does not emulate the parameter ${name}. Nothing was done.`
      : `Received unknown parameter: ${name.slice(0, 64)}`;
    throw invalid(message, { code: 'parameter_unknown', param: name.slice(0, 64) });
  }
}

export function textIn(fields: FormFields, name: string, maxLength = 5_000): string | null {
  const value = fields[name];
  if (value === undefined || value === '') return null;
  if (typeof value !== 'string') throw invalid(`Invalid string: ${name}`, { param: name });
  if (value.length > maxLength) {
    throw invalid(`Invalid string: ${name} must be at most ${maxLength} characters`, { param: name });
  }
  return value;
}

export function requiredTextIn(fields: FormFields, name: string): string {
  const value = textIn(fields, name);
  if (value !== null) return value;
  throw invalid(`Missing required param: ${name}.`, { code: 'parameter_missing', param: name });
}

/** A whole number that is written in decimal digits. */
export function integerIn(fields: FormFields, name: string): number | null {
  const value = textIn(fields, name);
  if (value === null) return null;
  if (/^-?\d{1,15}$/.test(value)) return Number(value);
  throw invalid(`Invalid integer: ${value.slice(0, 64)}`, { code: 'parameter_invalid_integer', param: name });
}

export function booleanIn(fields: FormFields, name: string): boolean {
  const value = textIn(fields, name);
  if (value === null || value === 'false') return false;
  if (value === 'true') return true;
  throw invalid(`Invalid boolean: ${value.slice(0, 64)}`, { param: name });
}

export function choiceIn<C extends string>(
  fields: FormFields,
  name: string,
  choices: readonly C[],
): C | null {
  const value = textIn(fields, name);
  if (value === null) return null;
  if (choices.includes(value as C)) return value as C;
  throw invalid(`Invalid ${name}: must be one of ${choices.join(', ')}`, { param: name });
}

export function groupIn(fields: FormFields, name: string): FormFields | null {
  const value = fields[name];
  if (value === undefined || value === '') return null;
  if (isGroup(value)) return value;
  throw invalid('Invalid object', { param: name });
}

export function textsIn(fields: FormFields, name: string): readonly string[] {
  const value = fields[name];
  if (value === undefined || value === '') return [];
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value as string[];
  throw invalid('Invalid array', { param: name });
}

/** Up to 50 entries, with names of up to 40 characters and values of up to 500. */
export function metadataIn(fields: FormFields): Readonly<Record<string, string>> {
  const entries = Object.entries(groupIn(fields, 'metadata') ?? {});
  if (entries.length > 50) throw invalid('Metadata has at most 50 keys.', { param: 'metadata' });
  for (const [name, value] of entries) {
    if (typeof value !== 'string' || name.length > 40 || value.length > 500) {
      const message =
        'Metadata keys have up to 40 characters, and values are strings of up to 500 characters.';
      throw invalid(message, { param: `metadata[${name.slice(0, 40)}]` });
    }
  }
  return Object.fromEntries(entries.filter(([, value]) => value !== '')) as Record<string, string>;
}

/** The properties to expand. */
export function expandIn(fields: FormFields, allowed: readonly string[]): readonly string[] {
  const wanted = textsIn(fields, 'expand');
  const other = wanted.find((path) => !allowed.includes(path));
  if (other === undefined) return wanted;
  throw new StripeError(400, {
    type: 'invalid_request_error',
    message: `This property cannot be expanded (${other.slice(0, 64)}).`,
    param: 'expand',
  });
}

function isGroup(value: Form): value is FormFields {
  return typeof value === 'object' && !Array.isArray(value);
}
