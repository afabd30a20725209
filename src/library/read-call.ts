/** Reads the two arguments of a call that moves money: what is wanted, and the options. */
import type { RefusedFields } from '../domain/fields.ts';
import { keyComplaint } from '../domain/key-rules.ts';
import type { Complaint } from '../domain/order-rules.ts';
import type { IdempotencyKey } from '../engine/api.ts';
import { entriesOf, type Fields, fieldName, fieldsOf, unknownName, wholeNumber } from './fields.ts';
import { type InputProblem, PayonceInputError } from './input-error.ts';

/** A caller that wants to wait longer asks again. */
const MAX_WAIT_MS = 600_000;
const WAIT_MS = 10_000;

const OPTION_NAMES = ['idempotencyKey', 'keyScope', 'waitMs', 'signal'] as const;

/** Where the options are, for a name that was put somewhere else. */
export const OPTIONS_PLACE = { names: OPTION_NAMES, place: 'the options, the second argument' };

/** What one function takes. */
export interface CallForm<T> {
  /** The fields of the first argument, and where they belong. */
  readonly names: readonly string[];
  readonly place: string;
  /** What the first argument must be, if it is no object. */
  readonly must: string;
  /** The scope of its keys. */
  readonly keyScope: string;
  readonly read: (fields: Fields) => T | RefusedFields;
}

export interface CallOptions {
  readonly key: IdempotencyKey | null;
  readonly waitMs: number;
  readonly signal: AbortSignal | null;
}

/** Throws `PayonceInputError` with everything that is wrong. */
export function readCall<T extends { readonly kind: string }>(
  input: unknown,
  options: unknown,
  form: CallForm<T>,
): CallOptions & { readonly wanted: T } {
  const errors: InputProblem[] = [];
  const wanted = readInput(input, form, errors);
  const notTheKey = errors.length;
  const { cardNumber, ...read } = readOptions(options, form, errors);
  if (!isRefused(wanted) && errors.length === 0) return { wanted, ...read };
  if (cardNumber) throw new PayonceInputError('card_number_refused', errors);
  const onlyTheKey = notTheKey === 0 && errors.every(({ field }) => field === 'idempotencyKey');
  const code = isRefused(wanted) ? wanted.code : 'invalid_request';
  throw new PayonceInputError(onlyTheKey ? 'idempotency_key_invalid' : code, errors);
}

function isRefused(read: { readonly kind: string }): read is RefusedFields {
  return read.kind === 'refused';
}

function readInput<T extends { readonly kind: string }>(
  input: unknown,
  { names, must, read }: CallForm<T>,
  errors: InputProblem[],
): T | RefusedFields {
  const fields = fieldsOf(input, names);
  if (fields === null) {
    errors.push({ field: '', detail: must });
    return { kind: 'refused', code: 'invalid_request', complaints: [] };
  }
  const result = read(withNotes(fields));
  if (isRefused(result))
    errors.push(...result.complaints.map(({ path, detail }) => ({ field: fieldName(path), detail })));
  return result;
}

/** The fields with the notes as a map, too. A note that is `undefined` is kept, so that it is refused and not lost. */
function withNotes(fields: Fields): Fields {
  const metadata = fields.get('metadata');
  if (metadata === undefined) return fields;
  return new Map(fields).set('metadata', entriesOf(metadata));
}

interface ReadOptions extends CallOptions {
  /** Whether one of the texts holds a card number. */
  readonly cardNumber: boolean;
}

function readOptions<T>(
  options: unknown,
  { names, place, keyScope }: CallForm<T>,
  errors: InputProblem[],
): ReadOptions {
  const fields = options === undefined ? new Map<string, unknown>() : fieldsOf(options, OPTION_NAMES);
  const none = { key: null, waitMs: WAIT_MS, signal: null, cardNumber: false };
  if (fields === null) {
    errors.push({ field: 'options', detail: 'must be an object, or left out' });
    return none;
  }
  for (const name of fields.keys()) {
    if (!(OPTION_NAMES as readonly string[]).includes(name))
      errors.push({
        field: fieldName(['options', name]),
        detail: unknownName(name, OPTION_NAMES, { names, place }),
      });
  }
  const complaints: Complaint[] = [];
  const scope = readPrintable(fields, 'keyScope', errors, complaints) ?? keyScope;
  const key = readPrintable(fields, 'idempotencyKey', errors, complaints);
  const waitMs = wholeNumber(fields, 'waitMs', { min: 0, max: MAX_WAIT_MS, otherwise: WAIT_MS }, errors);
  return {
    key: key === undefined ? null : { route: scope, key },
    waitMs,
    signal: readSignal(fields.get('signal'), errors),
    cardNumber: complaints.some(({ kind }) => kind === 'card_number'),
  };
}

function readPrintable(
  fields: Fields,
  name: string,
  errors: InputProblem[],
  complaints: Complaint[],
): string | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const complaint =
    typeof value === 'string'
      ? keyComplaint(value)
      : { kind: 'invalid' as const, detail: 'must be a string' };
  if (complaint !== null) {
    complaints.push(complaint);
    errors.push({ field: name, detail: complaint.detail });
  }
  return typeof value === 'string' ? value : undefined;
}

/** Checked by its members: a signal of another realm is no instance of our class. */
function isSignal(value: unknown): value is AbortSignal {
  const signal = value as Partial<AbortSignal> | null;
  return (
    typeof signal?.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function'
  );
}

function readSignal(value: unknown, errors: InputProblem[]): AbortSignal | null {
  if (value === undefined) return null;
  if (isSignal(value)) return value;
  errors.push({ field: 'signal', detail: 'must be an AbortSignal' });
  return null;
}
