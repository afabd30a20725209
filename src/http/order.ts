/**
 * From a JSON value to an order, or to everything that is wrong with it. There is no schema library, because such libraries turn "5"
 * into 5, drop unknown fields and round numbers.
 */
import { exponentOf } from '../domain/currencies.ts';
import { minorUnits } from '../domain/fields.ts';
import { type MoneyProblem, minorFromDecimal } from '../domain/money.ts';
import { type OrderForm, readOrder } from '../domain/order-fields.ts';
import type { Complaint } from '../domain/order-rules.ts';
import type { Order } from '../domain/payment.ts';
import { type FieldError, pointerOf } from './field-errors.ts';
import { JsonNumber, type JsonValue } from './json.ts';

export type ParsedOrder =
  | { readonly kind: 'order'; readonly order: Order; readonly giveUpAfterS: number | null }
  | {
      readonly kind: 'refused';
      readonly code: 'invalid_request' | 'card_number_refused';
      readonly errors: readonly FieldError[];
    };

const unknown = (): string => 'is not a known field';

const V1: OrderForm = {
  orderId: 'order_id',
  amount: 'amount',
  amountOf: minorUnits,
  currency: { name: 'currency' },
  method: 'method',
  metadata: 'metadata',
  giveUpAfterS: 'give_up_after_s',
  captureMethod: 'capture_method',
  unknown,
};

const SEED_CURRENCY = 'USD';
const SEED: OrderForm = {
  orderId: 'order_id',
  amount: 'amount',
  amountOf: centsOf,
  currency: { fixed: SEED_CURRENCY },
  unknown,
};

/** `{"order_id","amount":<minor units>,"currency","method"?,"metadata"?,"give_up_after_s"?,"capture_method"?}`; the limits are those of `order-rules.ts`. */
export function parseOrder(body: JsonValue, account: string): ParsedOrder {
  return parse(body, V1, account);
}

/** The seed's `{"order_id","amount":<US dollars, a JSON number>}`. */
export function parseSeedOrder(body: JsonValue, account: string): ParsedOrder {
  return parse(body, SEED, account);
}

function parse(body: JsonValue, form: OrderForm, account: string): ParsedOrder {
  if (!(body instanceof Map)) {
    const errors = [{ pointer: '', detail: 'must be a JSON object' }];
    return { kind: 'refused', code: 'invalid_request', errors };
  }
  const read = readOrder(body, form, account);
  if (read.kind === 'order') return read;
  const errors = read.complaints.map(({ path, detail }) => ({ pointer: pointerOf(path), detail }));
  return { kind: 'refused', code: read.code, errors };
}

const DOLLAR_PROBLEMS: Readonly<Record<MoneyProblem, string>> = {
  not_a_number: 'must be a number of US dollars, such as 100.0',
  not_positive: 'must be more than 0',
  too_precise: 'must not have parts of a cent',
  too_large: 'is too large to be exact',
};

function centsOf(value: unknown): number | Complaint {
  if (typeof value !== 'number' && !(value instanceof JsonNumber)) return dollarProblem('not_a_number');
  const source = typeof value === 'number' ? String(value) : value.source;
  const converted = minorFromDecimal(source, exponentOf(SEED_CURRENCY) ?? 2);
  return converted.kind === 'amount' ? converted.amountMinor : dollarProblem(converted.reason);
}

function dollarProblem(problem: MoneyProblem): Complaint {
  return { kind: 'invalid', detail: DOLLAR_PROBLEMS[problem] };
}
