/** Reads the arguments of `charge`, or everything that is wrong with them, by the rules of the HTTP API and with its messages. */
import { keyComplaint } from '../domain/key-rules.ts';
import { minorUnits, type OrderForm, readOrder } from '../domain/order-fields.ts';
import type { Complaint } from '../domain/order-rules.ts';
import type { Order } from '../domain/payment.ts';
import type { IdempotencyKey } from '../engine/api.ts';
import { entriesOf, type Fields, fieldName, fieldsOf, unknownName, wholeNumber } from './fields.ts';
import { type InputErrorCode, type InputProblem, PayonceInputError } from './input-error.ts';

/** The scope of the library's keys. It is stored with every key: never change it. */
const KEY_SCOPE = 'library';

/** A caller that wants to wait longer asks again. */
const MAX_WAIT_MS = 600_000;
const WAIT_MS = 10_000;

const ORDER_NAMES = [
  'orderId',
  'amountMinor',
  'currency',
  'method',
  'metadata',
  'accountId',
  'giveUpAfterS',
] as const;
const OPTION_NAMES = ['idempotencyKey', 'keyScope', 'waitMs', 'signal'] as const;
const ORDER_PLACE = { names: ORDER_NAMES, place: 'the order, the first argument' };
const OPTIONS_PLACE = { names: OPTION_NAMES, place: 'the options, the second argument' };

const FORM: OrderForm = {
  orderId: 'orderId',
  amount: 'amountMinor',
  amountOf: minorUnits,
  currency: { name: 'currency' },
  method: 'method',
  metadata: 'metadata',
  accountId: 'accountId',
  giveUpAfterS: 'giveUpAfterS',
  unknown: (name) => unknownName(name, ORDER_NAMES, OPTIONS_PLACE),
};

export interface ReadCharge {
  readonly order: Order;
  readonly giveUpAfterS: number | null;
  readonly key: IdempotencyKey | null;
  readonly waitMs: number;
  readonly signal: AbortSignal | null;
}

/** Throws `PayonceInputError` with everything that is wrong. */
export function readCharge(input: unknown, options: unknown): ReadCharge {
  const errors: InputProblem[] = [];
  const order = readInput(input, errors);
  const notTheKey = errors.length;
  const { cardNumber, ...read } = readOptions(options, errors);
  if (order.kind === 'order' && errors.length === 0) {
    return { order: order.order, giveUpAfterS: order.giveUpAfterS, ...read };
  }
  if (cardNumber) throw new PayonceInputError('card_number_refused', errors);
  const onlyTheKey = notTheKey === 0 && errors.every(({ field }) => field === 'idempotencyKey');
  const code = order.kind === 'order' ? 'invalid_request' : order.code;
  throw new PayonceInputError(onlyTheKey ? 'idempotency_key_invalid' : code, errors);
}

type ReadInput =
  | { readonly kind: 'order'; readonly order: Order; readonly giveUpAfterS: number | null }
  | { readonly kind: 'refused'; readonly code: InputErrorCode };

function readInput(input: unknown, errors: InputProblem[]): ReadInput {
  const fields = fieldsOf(input, ORDER_NAMES);
  if (fields === null) {
    errors.push({ field: '', detail: 'must be an object with orderId, amountMinor and currency' });
    return { kind: 'refused', code: 'invalid_request' };
  }
  const read = readOrder(withNotes(fields), FORM);
  if (read.kind === 'order') return read;
  errors.push(...read.complaints.map(({ path, detail }) => ({ field: fieldName(path), detail })));
  return read;
}

/** The fields with the notes as a map, too. A note that is `undefined` is kept, so that it is refused and not lost. */
function withNotes(fields: Fields): Fields {
  const metadata = fields.get('metadata');
  if (metadata === undefined) return fields;
  return new Map(fields).set('metadata', entriesOf(metadata));
}

interface ReadOptions extends Omit<ReadCharge, 'order' | 'giveUpAfterS'> {
  /** Whether one of the texts holds a card number. */
  readonly cardNumber: boolean;
}

function readOptions(options: unknown, errors: InputProblem[]): ReadOptions {
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
        detail: unknownName(name, OPTION_NAMES, ORDER_PLACE),
      });
  }
  const complaints: Complaint[] = [];
  const scope = readPrintable(fields, 'keyScope', errors, complaints) ?? KEY_SCOPE;
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
  return typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function';
}

function readSignal(value: unknown, errors: InputProblem[]): AbortSignal | null {
  if (value === undefined) return null;
  if (isSignal(value)) return value;
  errors.push({ field: 'signal', detail: 'must be an AbortSignal' });
  return null;
}
