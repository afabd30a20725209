/** Whether a refund, capture or void is possible, and what it changes. Pure; both ledgers call it under their lock. */
import { capturedAt, hasLanded, statusAt } from './charge-state.ts';
import type { Charge, Operation, OperationError, OperationRequest } from './port.ts';

export type OperationDecision =
  | { readonly kind: 'replay'; readonly operation: Operation }
  | { readonly kind: 'refuse'; readonly error: OperationError }
  /** `change`: the new values of the charge. */
  | {
      readonly kind: 'apply';
      readonly amount: number;
      readonly change: Partial<Pick<Charge, 'captured' | 'refunded' | 'voided'>>;
    };

/**
 * @param charge the charge as it is; `undefined` if there is none with this id.
 * @param existing the operation that is kept under the key.
 */
export function decideOperation(
  request: OperationRequest,
  charge: Charge | undefined,
  existing: Operation | undefined,
): OperationDecision {
  if (existing !== undefined) {
    const same =
      existing.kind === request.kind &&
      existing.chargeId === request.chargeId &&
      existing.asked === request.amount;
    return same ? { kind: 'replay', operation: existing } : refuse('key_reused');
  }
  if (charge === undefined || !hasLanded(charge, request.nowMs)) return refuse('charge_not_found');
  if (statusAt(charge, request.nowMs) !== 'succeeded') return refuse('charge_not_succeeded');
  const captured = capturedAt(charge, request.nowMs);
  switch (request.kind) {
    case 'refund': {
      const left = captured - charge.refunded;
      const amount = request.amount ?? left;
      if (captured === 0) return refuse('not_captured');
      return amount > left
        ? refuse('amount_too_large')
        : { kind: 'apply', amount, change: { refunded: charge.refunded + amount } };
    }
    case 'capture': {
      const amount = request.amount ?? charge.amount;
      if (captured > 0) return refuse('already_captured');
      return amount > charge.amount
        ? refuse('amount_too_large')
        : { kind: 'apply', amount, change: { captured: amount } };
    }
    case 'void':
      return captured > 0
        ? refuse('already_captured')
        : { kind: 'apply', amount: charge.amount, change: { voided: true } };
  }
}

function refuse(error: OperationError): OperationDecision {
  return { kind: 'refuse', error };
}
