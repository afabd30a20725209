/** Reads the arguments of `lookNow` and `resolve`, or everything that is wrong with them. */
import { EFFECTS } from '../domain/effects.ts';
import { type ResolutionForm, readResolution } from '../domain/resolution-fields.ts';
import type { ResolveWanted } from '../engine/api.ts';
import { fieldName, fieldsOf, unknownName } from './fields.ts';
import { PayonceInputError } from './input-error.ts';
import { followUpOf, NOT_BOTH, readOperation, readPaymentId, readRefundId } from './read-filters.ts';

const NAMES = [
  'paymentId',
  'refundId',
  'operation',
  'outcome',
  'evidence',
  'gatewayRef',
  'amountMinor',
  'actor',
  'accountId',
] as const;

const FORM: Omit<ResolutionForm, 'completed'> = {
  outcome: 'outcome',
  evidence: 'evidence',
  gatewayRef: 'gatewayRef',
  amount: 'amountMinor',
  actor: 'actor',
  accountId: 'accountId',
  others: ['paymentId', 'refundId', 'operation'],
  unknown: (name) => unknownName(name, NAMES),
};

/** Throws `PayonceInputError`. */
export function readResolve(input: unknown): ResolveWanted {
  const fields = fieldsOf(input, NAMES);
  if (fields === null)
    throw new PayonceInputError('invalid_request', [
      { field: '', detail: 'must be an object with paymentId, outcome, evidence and actor' },
    ]);
  const paymentId = readPaymentId(fields.get('paymentId'));
  const refundId = fields.get('refundId');
  const named = refundId === undefined ? undefined : readRefundId(refundId);
  const operation = readOperation(fields.get('operation'));
  if (operation !== undefined && named !== undefined)
    throw new PayonceInputError('invalid_request', [NOT_BOTH]);
  const followUp = followUpOf(named, operation);
  const { done } = EFFECTS[followUp?.kind ?? 'charge'];
  const read = readResolution(fields, { ...FORM, completed: done });
  if (read.kind === 'refused') {
    const errors = read.complaints.map(({ path, detail }) => ({ field: fieldName(path), detail }));
    throw new PayonceInputError(read.code, errors);
  }
  return { ...read.resolution, paymentId, followUp };
}
