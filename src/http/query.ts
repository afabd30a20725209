/**
 * Query strings, read strictly. Fastify's parser turns a repeated parameter into an array, keeps what it cannot decode, and takes any
 * name. A misspelt filter would then show every payment.
 */
import { harmlessName } from '../domain/fields.ts';
import type { FieldError } from './field-errors.ts';

/** The known parameters of a request's target, decoded. Everything that is wrong is added to `errors`. */
export function readQuery(
  target: string,
  known: readonly string[],
  errors: FieldError[],
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const start = target.indexOf('?');
  if (start < 0) return values;
  for (const pair of target.slice(start + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === null || !known.includes(name)) {
      errors.push({ parameter: harmlessName(name ?? '') ?? '', detail: 'is not a known parameter' });
    } else if (values.has(name)) {
      errors.push({ parameter: name, detail: 'is given more than once' });
    } else if (value === null) {
      errors.push({ parameter: name, detail: 'is not valid percent-encoded UTF-8' });
    } else {
      values.set(name, value);
    }
  }
  return values;
}

/** The size of a page: 1 to 100, by default 20. */
export function readLimit(values: ReadonlyMap<string, string>, errors: FieldError[]): number {
  const text = values.get('limit');
  if (text === undefined) return 20;
  if (/^[1-9][0-9]{0,2}$/.test(text) && Number(text) <= 100) return Number(text);
  errors.push({ parameter: 'limit', detail: 'must be a whole number from 1 to 100' });
  return 20;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
