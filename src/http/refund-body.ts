/** From a JSON value to a refund, or to everything that is wrong with it. */
import { type ReadRefund, type RefundFields, type RefundForm, readRefund } from '../domain/refund-fields.ts';
import { type FieldError, pointerOf } from './field-errors.ts';
import type { JsonValue } from './json.ts';

export type ParsedRefund =
  | { readonly kind: 'refund'; readonly refund: RefundFields }
  | {
      readonly kind: 'refused';
      readonly code: Extract<ReadRefund, { kind: 'refused' }>['code'];
      readonly errors: readonly FieldError[];
    };

const FORM: RefundForm = {
  amount: 'amount',
  refundId: 'refund_id',
  reason: 'reason',
  metadata: 'metadata',
  others: [],
  unknown: () => 'is not a known field',
};

/** `{"amount"?:<minor units>,"refund_id"?,"reason"?,"metadata"?}`; the limits are those of `refund-fields.ts`. */
export function parseRefund(body: JsonValue, account: string): ParsedRefund {
  if (!(body instanceof Map)) {
    const errors = [{ pointer: '', detail: 'must be a JSON object' }];
    return { kind: 'refused', code: 'invalid_request', errors };
  }
  const read = readRefund(body, FORM, account);
  if (read.kind === 'refund') return read;
  const errors = read.complaints.map(({ path, detail }) => ({ pointer: pointerOf(path), detail }));
  return { kind: 'refused', code: read.code, errors };
}
