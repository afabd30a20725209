/** Reads the arguments of the library's functions strictly: in plain JavaScript no compiler has checked them. */
import { harmlessName } from '../domain/fields.ts';
import type { InputProblem } from './input-error.ts';

/** What a caller gave, by name. A field that is `undefined` counts as absent. */
export type Fields = ReadonlyMap<string, unknown>;

/**
 * Reads the known fields, and the unknown ones, so that they can be refused. Null: it is no object of fields.
 *
 * An instance of a class is taken, too. A known field counts in every form: own or inherited, a getter, or hidden from loops. To miss
 * one would be to charge another account, or to charge without the key. An unknown name counts if it visibly holds data: own and
 * inherited names that a loop shows, and getters of a class. Methods of a class do not count, nor does what a program added to every
 * object.
 *
 * Each field is read once, so that a getter cannot give two values.
 */
export function fieldsOf(value: unknown, known: readonly string[]): Fields | null {
  if (!isObject(value)) return null;
  const fields = new Map<string, unknown>();
  for (const name of new Set([...visibleNames(value), ...known.filter((each) => holds(value, each))])) {
    const field: unknown = Reflect.get(value, name);
    if (field !== undefined) fields.set(name, field);
  }
  return fields;
}

/** One field of an object that may have others; undefined if it is missing. */
export function fieldOf(value: object, name: string): unknown {
  return holds(value, name) ? Reflect.get(value, name) : undefined;
}

/**
 * All entries of an object whose names the caller chooses. Null: it is no object of entries, or it has entries that would be lost:
 * inherited, hidden from loops, or named by a symbol.
 */
export function entriesOf(value: unknown): Fields | null {
  if (!isObject(value)) return null;
  const names = Object.keys(value);
  const isWhole =
    Reflect.ownKeys(value).length === names.length && visibleNames(value).length === names.length;
  return isWhole ? new Map(names.map((name) => [name, Reflect.get(value, name)])) : null;
}

/** An object of any realm, but no array, function, date, map or promise. */
function isObject(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/** The object and what it inherits from, without the `Object.prototype` of its realm. */
function* chain(value: object): Generator<object> {
  for (let each: object | null = value; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    if (Object.hasOwn(each, 'isPrototypeOf') && Object.getPrototypeOf(each) === null) return;
    yield each;
  }
}

function holds(value: object, name: string): boolean {
  for (const each of chain(value)) if (Object.hasOwn(each, name)) return true;
  return false;
}

function visibleNames(value: object): string[] {
  const names = Object.keys(value);
  for (const each of chain(value)) {
    if (each === value) continue;
    for (const [name, { enumerable, get }] of Object.entries(Object.getOwnPropertyDescriptors(each)))
      if (enumerable || (get !== undefined && name !== '__proto__')) names.push(name);
  }
  return names;
}

/** Names that other libraries and the HTTP API use, without signs and in lower case. */
const ALIASES: Readonly<Record<string, string>> = {
  amount: 'amountMinor',
  order: 'orderId',
  payment: 'paymentId',
  refund: 'refundId',
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
  giveup: 'giveUpAfterS',
  giveupafter: 'giveUpAfterS',
  giveupafterseconds: 'giveUpAfterS',
  giveupafterms: 'giveUpAfterS',
  cursor: 'before',
};

/** The complaint about a name that is not in `known`, with the one that may be meant. `elsewhere`: names that belong in another argument. */
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
  if (there !== undefined) return `is not a known field; ${there} belongs in ${elsewhere.place}`;
  return `is not a known field; the known ones are ${known.join(', ')}`;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, '');
}

/** The path to a value, as the field of an error. A name that may not be repeated is left out. */
export function fieldName(path: readonly string[]): string {
  return path
    .map(harmlessName)
    .filter((name) => name !== null)
    .join('.');
}

/** Refuses every unknown field. `prefix` is put before the names. */
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

/** A whole number inside the range; `otherwise` if it is absent or wrong. */
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
