/** Reads the arguments of the reading functions and of `stop`. Each throws `PayonceInputError` with everything that is wrong. */

import type { ExclusiveKind } from '../domain/effects.ts';
import { DEFAULT_ACCOUNT, type FieldComplaint } from '../domain/fields.ts';
import { isUuid } from '../domain/ids.ts';
import { accountIdComplaint, type Complaint, orderIdComplaint } from '../domain/order-rules.ts';
import { PAYMENT_STATUSES, type PaymentStatus } from '../domain/payment.ts';
import { refundIdComplaint } from '../domain/refund-fields.ts';
import { actorComplaint } from '../domain/resolution-fields.ts';
import type { EventFilter, ListFilter, LookWanted, OperatorTarget, RefundsFilter } from '../engine/api.ts';
import { type Fields, fieldsOf, refuseUnknown, wholeNumber } from './fields.ts';
import { type InputProblem, PayonceInputError } from './input-error.ts';

/** A page is read into memory at once. */
const MAX_PAGE = 500;
const MAX_STOP_MS = 600_000;

export function readAccount(options: unknown): string {
  return reading(options, ['accountId'], accountOf);
}

export function readPaymentsFilter(filter: unknown): {
  readonly accountId: string;
  readonly filter: ListFilter;
} {
  return reading(filter, ['accountId', 'orderId', 'status', 'limit', 'before'], (fields, errors) => {
    const orderId = readText(fields, 'orderId', orderIdComplaint, errors);
    const status = readStatus(fields.get('status'), errors);
    const before = readText(fields, 'before', paymentIdComplaint, errors)?.toLowerCase();
    const limit = wholeNumber(fields, 'limit', { min: 1, max: MAX_PAGE, otherwise: 20 }, errors);
    return {
      accountId: accountOf(fields, errors),
      filter: {
        limit,
        ...(orderId === undefined ? {} : { orderId }),
        ...(status === undefined ? {} : { status }),
        ...(before === undefined ? {} : { before }),
      },
    };
  });
}

export function readEventsFilter(filter: unknown): {
  readonly accountId: string;
  readonly filter: EventFilter;
} {
  return reading(filter, ['accountId', 'after', 'limit'], (fields, errors) => ({
    accountId: accountOf(fields, errors),
    filter: {
      after: wholeNumber(fields, 'after', { min: 0, max: 2 ** 31 - 1, otherwise: 0 }, errors),
      limit: wholeNumber(fields, 'limit', { min: 1, max: MAX_PAGE, otherwise: 100 }, errors),
    },
  }));
}

export function readRefundsFilter(filter: unknown): {
  readonly accountId: string;
  readonly filter: RefundsFilter;
} {
  return reading(filter, ['accountId', 'limit', 'before'], (fields, errors) => {
    const before = readText(fields, 'before', pageComplaint, errors);
    const limit = wholeNumber(fields, 'limit', { min: 1, max: MAX_PAGE, otherwise: 20 }, errors);
    const accountId = accountOf(fields, errors);
    return { accountId, filter: { limit, ...(before === undefined ? {} : { before }) } };
  });
}

export function readLookOptions(options: unknown): Omit<LookWanted, 'paymentId'> {
  return reading(options, ['accountId', 'refundId', 'operation', 'actor'], (fields, errors) => {
    const accountId = accountOf(fields, errors);
    const kind = readOperation(fields.get('operation'));
    const name = readText(fields, 'refundId', refundIdComplaint, errors);
    if (kind !== undefined && name !== undefined) errors.push(NOT_BOTH);
    const actor = readText(fields, 'actor', actorComplaint, errors) ?? null;
    return { accountId, followUp: followUpOf(name, kind), actor };
  });
}

/** Neither: the payment itself. */
export function followUpOf(
  refundId: string | undefined,
  operation: ExclusiveKind | undefined,
): OperatorTarget['followUp'] {
  if (operation !== undefined) return { kind: operation, name: null };
  return refundId === undefined ? null : { kind: 'refund', name: refundId };
}

export const NOT_BOTH: InputProblem = {
  field: 'operation',
  detail: 'must be left out if there is a refundId',
};

/** In lower case, as ids are stored. A text that is no id is taken: no payment has it. */
export function readPaymentId(paymentId: unknown): string {
  if (typeof paymentId === 'string') return paymentId.toLowerCase();
  throw invalid([{ field: 'paymentId', detail: 'must be a string' }]);
}

/** Exactly as it was given to `refund`. */
export function readRefundId(refundId: unknown): string {
  const detail = typeof refundId === 'string' ? refundIdComplaint(refundId)?.detail : 'must be a string';
  if (typeof refundId === 'string' && detail === undefined) return refundId;
  throw invalid([{ field: 'refundId', detail: detail ?? '' }]);
}

export function readStopMs(withinMs: unknown): number {
  const errors: InputProblem[] = [];
  const fields = new Map([['withinMs', withinMs]]);
  const read = wholeNumber(fields, 'withinMs', { min: 0, max: MAX_STOP_MS, otherwise: 10_000 }, errors);
  if (errors.length > 0) throw invalid(errors);
  return read;
}

function reading<T>(
  value: unknown,
  known: readonly string[],
  read: (fields: Fields, errors: InputProblem[]) => T,
): T {
  const fields = value === undefined ? new Map<string, unknown>() : fieldsOf(value, known);
  if (fields === null) throw invalid([{ field: '', detail: 'must be an object, or left out' }]);
  const errors: InputProblem[] = [];
  refuseUnknown(fields, known, errors);
  const result = read(fields, errors);
  if (errors.length > 0) throw invalid(errors);
  return result;
}

function accountOf(fields: Fields, errors: InputProblem[]): string {
  return readText(fields, 'accountId', accountIdComplaint, errors) ?? DEFAULT_ACCOUNT;
}

function readText(
  fields: Fields,
  name: string,
  complaintOf: (text: string) => Complaint | null,
  errors: InputProblem[],
): string | undefined {
  const value = fields.get(name);
  if (value === undefined) return undefined;
  const detail = typeof value === 'string' ? complaintOf(value)?.detail : 'must be a string';
  if (detail !== undefined) errors.push({ field: name, detail });
  return typeof value === 'string' ? value : undefined;
}

/** Null: it is the id of a payment, or could be. */
function paymentIdComplaint(text: string): Complaint | null {
  if (isUuid(text.toLowerCase())) return null;
  return { kind: 'invalid', detail: 'must be the id of a payment' };
}

/** What is wrong with the id in an argument. */
export function complaintsAboutPayment(paymentId: unknown): readonly FieldComplaint[] {
  const detail =
    typeof paymentId === 'string' ? paymentIdComplaint(paymentId)?.detail : 'must be the id of a payment';
  return detail === undefined ? [] : [{ path: ['paymentId'], detail }];
}

/** A capture or a void. Undefined: neither is named. */
export function readOperation(value: unknown): ExclusiveKind | undefined {
  if (value === undefined || value === 'capture' || value === 'void') return value;
  throw invalid([{ field: 'operation', detail: 'must be "capture" or "void"' }]);
}

function pageComplaint(text: string): Complaint | null {
  return isUuid(text) ? null : { kind: 'invalid', detail: 'must be the next of a page of refunds' };
}

function readStatus(value: unknown, errors: InputProblem[]): PaymentStatus | undefined {
  if (value === undefined) return undefined;
  const status = PAYMENT_STATUSES.find((each) => each === value);
  if (status === undefined)
    errors.push({ field: 'status', detail: `must be one of ${PAYMENT_STATUSES.join(', ')}` });
  return status;
}

function invalid(errors: readonly InputProblem[]): PayonceInputError {
  return new PayonceInputError('invalid_request', errors);
}
