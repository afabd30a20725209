/** The arguments of the library's functions, read strictly: plain JavaScript has no compiler that would have complained. */
import { harmlessName } from '../domain/order-fields.ts';
import type { InputProblem } from './input-error.ts';

/** What a caller gave, by name. A field that is `undefined` counts as absent, as everywhere in JavaScript. */
export type Fields = ReadonlyMap<string, unknown>;

/** Reads each own field once, so that a getter cannot say two things. Null: it is no plain object. */
export function fieldsOf(value: unknown): Fields | null {
  if (!isPlainObject(value)) return null;
  return new Map(Object.entries(value).filter(([, field]) => field !== undefined));
}

export function isPlainObject(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** Names of other libraries and of the HTTP API for what is meant, without signs and in lower case. */
const ALIASES: Readonly<Record<string, string>> = {
  amount: 'amountMinor',
  order: 'orderId',
  id: 'orderId',
  account: 'accountId',
  tenantid: 'accountId',
  paymentmethod: 'method',
  token: 'method',
  key: 'idempotencyKey',
  timeout: 'waitMs',
  timeoutms: 'waitMs',
  wait: 'waitMs',
  abortsignal: 'signal',
  cursor: 'before',
};

/** What is said of a name that is none of `known`: which one may be meant. `elsewhere`: names that belong into another argument. */
export function unknownName(
  name: string,
  known: readonly string[],
  elsewhere: { readonly names: readonly string[]; readonly place: string } = { names: [], place: '' },
): string {
  const meant = plain(ALIASES[plain(name)] ?? name);
  const same = (each: string): boolean => plain(each) === meant;
  const here = known.find(same);
  if (here !== undefined) return `is not a known field; did you mean ${here}?`;
  const there = elsewhere.names.find(same);
  if (there !== undefined) return `is not a known field; ${there} belongs into ${elsewhere.place}`;
  return `is not a known field; known are ${known.join(', ')}`;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

/** Names down to a value, as a field of an error; one that may not be repeated is left out. */
export function fieldName(path: readonly string[]): string {
  return path
    .map(harmlessName)
    .filter((name) => name !== null)
    .join('.');
}

/** Everything that is not known; `prefix` stands before the names. */
export function refuseUnknown(
  fields: Fields,
  known: readonly string[],
  errors: InputProblem[],
  prefix: readonly string[] = [],
): void {
  for (const name of fields.keys()) {
    if (!known.includes(name))
      errors.push({ field: fieldName([...prefix, name]), detail: unknownName(name, known) });
  }
}

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly otherwise: number;
}

/** A whole number inside the range; `otherwise` where it is absent or wrong. */
export function wholeNumber(
  fields: Fields,
  name: string,
  { min, max, otherwise }: Range,
  errors: InputProblem[],
): number {
  const value = fields.get(name);
  if (value === undefined) return otherwise;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  errors.push({ field: name, detail: `must be a whole number from ${min} to ${max}` });
  return otherwise;
}
