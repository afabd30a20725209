/** Checks requests by hand. A wrong one gets a stable code and a sentence for people. */

export interface ChargeParams {
  readonly key: string;
  /** Minor units, at least 1. */
  readonly amount: number;
  readonly currency: string;
  readonly reference: string;
  readonly orderId: string | null;
  readonly accountId: string | null;
  readonly method: string | null;
  readonly capture: boolean;
}

/** A refusal of the request itself: nothing was done, and the same request will be refused again. */
export class BadRequest {
  readonly status: number;
  readonly error: string;
  readonly message: string;

  constructor(status: number, error: string, message: string) {
    this.status = status;
    this.error = error;
    this.message = message;
  }
}

export function bad(error: string, message: string, status = 400): BadRequest {
  return new BadRequest(status, error, message);
}

/** A class and not a union by `kind`, because a parsed body may have any `kind`. */
export function isBad<T>(value: T | BadRequest): value is BadRequest {
  return value instanceof BadRequest;
}

/** The fault `wrong_amount` adds one, and the sum must still be exact. */
const MAX_AMOUNT = Number.MAX_SAFE_INTEGER - 1;
const CHARGE_FIELDS = new Set([
  'amount',
  'currency',
  'reference',
  'order_id',
  'account_id',
  'method',
  'capture',
]);
/** A token, as gateways make them. A text that begins with a digit or has many digits in a row may be a card number. */
const METHOD = /^[A-Za-z][\x21-\x7e]{0,254}$/;
const CARD_NUMBER = /\d(?:[ -]?\d){12,}/;

export function parseKey(value: string | string[] | undefined): string | BadRequest {
  if (value === undefined || value === '')
    return bad('idempotency_key_required', 'Send an Idempotency-Key header.');
  if (typeof value !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(value)) {
    return bad(
      'idempotency_key_invalid',
      'An Idempotency-Key is 1 to 255 printable ASCII characters, without spaces.',
    );
  }
  return value;
}

/** The fields of a body, `{}` for an empty one. */
export function parseObject(body: unknown, known: ReadonlySet<string>): Record<string, unknown> | BadRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return bad('body_invalid', 'The body must be a JSON object.');
  }
  for (const name of Object.keys(body)) {
    if (!known.has(name)) return bad('field_unknown', `There is no field "${name.slice(0, 64)}".`);
  }
  return body as Record<string, unknown>;
}

export function parseCharge(key: string, body: unknown): ChargeParams | BadRequest {
  const fields = parseObject(body, CHARGE_FIELDS);
  if (isBad(fields)) return fields;
  const { amount, currency, reference, order_id: orderId = null, account_id: accountId = null } = fields;
  const { method = null, capture = true } = fields;
  if (!isAmount(amount))
    return bad('amount_invalid', `amount is an integer of minor units, 1 to ${MAX_AMOUNT}.`);
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    return bad('currency_invalid', 'currency is three capital letters, as in USD.');
  }
  if (!isText(reference)) return bad('reference_invalid', 'reference is a string of 1 to 255 characters.');
  if (orderId !== null && !isText(orderId)) {
    return bad('order_id_invalid', 'order_id is a string of 1 to 255 characters, or left out.');
  }
  if (accountId !== null && !isText(accountId)) {
    return bad('account_id_invalid', 'account_id is a string of 1 to 255 characters, or left out.');
  }
  if (method !== null && (typeof method !== 'string' || !METHOD.test(method) || CARD_NUMBER.test(method))) {
    return bad('method_invalid', 'method is a token such as tok_visa, never a card number, or left out.');
  }
  if (typeof capture !== 'boolean') return bad('capture_invalid', 'capture is true or false.');
  return { key, amount, currency, reference, orderId, accountId, method, capture };
}

/** The amount of a refund or capture; `null`: all that is left. */
export function parseOptionalAmount(body: unknown, known: ReadonlySet<string>): number | null | BadRequest {
  const fields = parseObject(body ?? {}, known);
  if (isBad(fields)) return fields;
  const { amount = null } = fields;
  if (amount === null || isAmount(amount)) return amount;
  return bad(
    'amount_invalid',
    'amount is an integer of minor units, at least 1. Without it, everything that is left is taken.',
  );
}

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= MAX_AMOUNT;
}

/** Text that every ledger can store: without half surrogate pairs and without NUL. */
export function isText(value: unknown): value is string {
  if (typeof value !== 'string' || value.length < 1 || value.length > 255) return false;
  return !/[\p{Surrogate}\0]/u.test(value);
}
