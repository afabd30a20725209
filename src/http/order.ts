/**
 * From a JSON value to an order, or to everything that is wrong with it. Parse, don't validate: what comes out has the
 * type `Order`, and nothing behind it checks again. No schema library stands in between, because one would
 * have to be told not to help (turn "5" into 5, drop unknown fields, round numbers).
 */
import { exponentOf } from '../domain/currencies.ts';
import { type MoneyProblem, minorFromDecimal } from '../domain/money.ts';
import {
  amountComplaint,
  type Complaint,
  currencyComplaint,
  MAX_METADATA_KEYS,
  metadataKeyComplaint,
  metadataValueComplaint,
  methodComplaint,
  orderIdComplaint,
} from '../domain/order-rules.ts';
import type { Order } from '../domain/payment.ts';
import { DEFAULT_ACCOUNT } from './account.ts';
import { type FieldError, pointerTo } from './field-errors.ts';
import { JsonNumber, type JsonObject, type JsonValue } from './json.ts';

export type ParsedOrder =
  | { readonly kind: 'order'; readonly order: Order }
  | {
      readonly kind: 'refused';
      readonly code: 'invalid_request' | 'card_number_refused';
      readonly errors: readonly FieldError[];
    };

/** What has been found wrong so far. */
interface Findings {
  readonly errors: FieldError[];
  cardNumber: boolean;
}

const V1_FIELDS: ReadonlySet<string> = new Set(['order_id', 'amount', 'currency', 'method', 'metadata']);
const SEED_FIELDS: ReadonlySet<string> = new Set(['order_id', 'amount']);
const SEED_CURRENCY = 'USD';
const NO_METADATA: Readonly<Record<string, string>> = Object.freeze({});

/** `{"order_id","amount":<minor units>,"currency","method"?,"metadata"?}`; the limits are those of `order-rules.ts`. */
export function parseOrder(body: JsonValue): ParsedOrder {
  const findings: Findings = { errors: [], cardNumber: false };
  if (!isObject(body)) return notAnObject(findings);
  refuseUnknown(body, V1_FIELDS, findings);
  const orderId = readText(body, 'order_id', orderIdComplaint, findings) ?? '';
  const amountMinor = readMinorAmount(body, findings);
  const currency = readText(body, 'currency', currencyComplaint, findings) ?? '';
  const method = body.has('method') ? readText(body, 'method', methodComplaint, findings) : undefined;
  const metadata = readMetadata(body.get('metadata'), findings);
  if (findings.errors.length > 0) return refused(findings);
  const accountId = DEFAULT_ACCOUNT;
  const order: Order =
    method === undefined
      ? { accountId, orderId, amountMinor, currency, metadata }
      : { accountId, orderId, amountMinor, currency, method, metadata };
  return { kind: 'order', order };
}

/** The seed's `{"order_id","amount":<US dollars, a JSON number>}`. */
export function parseSeedOrder(body: JsonValue): ParsedOrder {
  const findings: Findings = { errors: [], cardNumber: false };
  if (!isObject(body)) return notAnObject(findings);
  refuseUnknown(body, SEED_FIELDS, findings);
  const orderId = readText(body, 'order_id', orderIdComplaint, findings) ?? '';
  const amountMinor = readDollars(body, findings);
  if (findings.errors.length > 0) return refused(findings);
  const order = {
    accountId: DEFAULT_ACCOUNT,
    orderId,
    amountMinor,
    currency: SEED_CURRENCY,
    metadata: NO_METADATA,
  };
  return { kind: 'order', order };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

function notAnObject(findings: Findings): ParsedOrder {
  report(findings, '', 'must be a JSON object');
  return refused(findings);
}

function refused({ errors, cardNumber }: Findings): ParsedOrder {
  return { kind: 'refused', code: cardNumber ? 'card_number_refused' : 'invalid_request', errors };
}

function report(findings: Findings, pointer: string, detail: string): void {
  findings.errors.push({ pointer, detail });
}

function complain(findings: Findings, pointer: string, complaint: Complaint | null): void {
  if (complaint === null) return;
  if (complaint.kind === 'card_number') findings.cardNumber = true;
  report(findings, pointer, complaint.detail);
}

/** A misspelt optional field must not be taken for an absent one. */
function refuseUnknown(body: JsonObject, known: ReadonlySet<string>, findings: Findings): void {
  for (const name of body.keys()) {
    if (!known.has(name)) report(findings, pointerTo('', name), 'is not a known field');
  }
}

function readText(
  body: JsonObject,
  name: string,
  complaintOf: (text: string) => Complaint | null,
  findings: Findings,
): string | undefined {
  const value = body.get(name);
  const pointer = `/${name}`;
  if (value === undefined) {
    report(findings, pointer, 'is required');
  } else if (typeof value !== 'string') {
    report(findings, pointer, 'must be a string');
  } else {
    complain(findings, pointer, complaintOf(value));
    return value;
  }
  return undefined;
}

function readMinorAmount(body: JsonObject, findings: Findings): number {
  const value = body.get('amount');
  if (typeof value === 'number') {
    complain(findings, '/amount', amountComplaint(value));
    return value;
  }
  const detail =
    value === undefined
      ? 'is required'
      : 'must be a whole number of minor units (cents of USD), written without fraction or exponent, at most 2^53 - 1';
  report(findings, '/amount', detail);
  return 0;
}

const DOLLAR_PROBLEMS: Readonly<Record<MoneyProblem, string>> = {
  not_a_number: 'must be a number of US dollars, such as 100.0',
  not_positive: 'must be more than 0',
  too_precise: 'must not have parts of a cent',
  too_large: 'is too large to be exact',
};

function readDollars(body: JsonObject, findings: Findings): number {
  const value = body.get('amount');
  if (typeof value !== 'number' && !(value instanceof JsonNumber)) {
    report(findings, '/amount', value === undefined ? 'is required' : DOLLAR_PROBLEMS.not_a_number);
    return 0;
  }
  const source = typeof value === 'number' ? String(value) : value.source;
  const converted = minorFromDecimal(source, exponentOf(SEED_CURRENCY) ?? 2);
  if (converted.kind === 'amount') return converted.amountMinor;
  report(findings, '/amount', DOLLAR_PROBLEMS[converted.reason]);
  return 0;
}

function readMetadata(value: JsonValue | undefined, findings: Findings): Readonly<Record<string, string>> {
  if (value === undefined) return NO_METADATA;
  if (!isObject(value)) {
    report(findings, '/metadata', 'must be an object of strings');
    return NO_METADATA;
  }
  if (value.size > MAX_METADATA_KEYS) {
    report(findings, '/metadata', `must not have more than ${MAX_METADATA_KEYS} entries`);
    return NO_METADATA;
  }
  for (const [key, text] of value) {
    const pointer = pointerTo('/metadata', key);
    complain(findings, pointer, metadataKeyComplaint(key));
    if (typeof text !== 'string') report(findings, pointer, 'must be a string');
    else complain(findings, pointer, metadataValueComplaint(text));
  }
  // Defines own properties, so that a note called __proto__ is a note.
  return Object.fromEntries(value) as Record<string, string>;
}
