/** Reads the arguments of `refund`, or everything that is wrong with them, by the rules of the HTTP API and with its messages. */
import type { RefusedFields } from '../domain/fields.ts';
import { type RefundForm, readRefund } from '../domain/refund-fields.ts';
import type { RefundWanted } from '../engine/api.ts';
import { type Fields, unknownName } from './fields.ts';
import { PayonceInputError } from './input-error.ts';
import { type CallForm, type CallOptions, OPTIONS_PLACE, readCall } from './read-call.ts';
import { complaintsAboutPayment } from './read-filters.ts';

const NAMES = ['paymentId', 'amountMinor', 'refundId', 'reason', 'metadata', 'accountId'] as const;

const REFUND: RefundForm = {
  amount: 'amountMinor',
  refundId: 'refundId',
  reason: 'reason',
  metadata: 'metadata',
  accountId: 'accountId',
  others: ['paymentId'],
  unknown: (name) => unknownName(name, NAMES, OPTIONS_PLACE),
};

interface ReadWanted {
  readonly kind: 'refund';
  readonly refund: RefundWanted;
}

const FORM: CallForm<ReadWanted> = {
  names: NAMES,
  place: 'the refund, the first argument',
  must: 'must be an object with paymentId',
  // It is stored with every key: never change it.
  keyScope: 'library refunds',
  read: readWanted,
};

export interface ReadRefundCall extends CallOptions {
  readonly refund: RefundWanted;
}

/** Throws `PayonceInputError` with everything that is wrong. That the refund has no name is told only if nothing else is wrong. */
export function readRefundCall(input: unknown, options: unknown): ReadRefundCall {
  const { wanted, ...call } = readCall(input, options, FORM);
  if (wanted.refund.refundId === null && call.key === null)
    throw new PayonceInputError('refund_identity_required', [
      { field: 'refundId', detail: 'is required, unless the options have an idempotencyKey' },
    ]);
  return { refund: wanted.refund, ...call };
}

function readWanted(fields: Fields): ReadWanted | RefusedFields {
  const paymentId = fields.get('paymentId');
  const complaints = complaintsAboutPayment(paymentId);
  const read = readRefund(fields, REFUND);
  if (read.kind === 'refused') return { ...read, complaints: [...complaints, ...read.complaints] };
  if (complaints.length > 0) return { kind: 'refused', code: 'invalid_request', complaints };
  return { kind: 'refund', refund: { ...read.refund, paymentId: String(paymentId).toLowerCase() } };
}
