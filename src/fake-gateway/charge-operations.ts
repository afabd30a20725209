/** `POST /charges/<id>/refunds`, `/capture`, `/void`: other effects with the same faults. */
import type { RunAttempt } from './attempts.ts';
import { errorBody, failureBody, operationBody } from './bodies.ts';
import type { FaultSettings } from './faults/settings.ts';
import type { Charge, Ledger, OperationError, OperationKind } from './ledger/port.ts';
import { answer, type Wire } from './wire.ts';

const ERRORS: Readonly<Record<OperationError, { readonly status: number; readonly message?: string }>> = {
  charge_not_found: { status: 404, message: 'There is no charge with this id.' },
  key_reused: { status: 422 },
  charge_not_succeeded: {
    status: 409,
    message: 'Only a charge that succeeded can be refunded, captured or voided.',
  },
  amount_too_large: { status: 422, message: 'The amount is more than what is left of the charge.' },
  already_captured: { status: 409, message: 'The charge is already captured.' },
  not_captured: { status: 409, message: 'Nothing of the charge is captured, so nothing can be refunded.' },
};

export interface OperationParams {
  readonly kind: OperationKind;
  readonly key: string;
  readonly chargeId: string;
  readonly amount: number | null;
}

export function createOperations(context: {
  readonly ledger: Ledger;
  readonly run: RunAttempt;
  readonly now: () => number;
  /** Called for every new refund. */
  readonly onRefunded: (charge: Charge, settings: FaultSettings) => void;
}): (params: OperationParams) => Promise<Wire> {
  return ({ kind, key, chargeId, amount }) =>
    // The kind before the key keeps the keys of operations apart from those of charges.
    context.run(
      { key: `${kind} ${key}`, idempotencyKey: key, method: null, numbered: () => false },
      async ({ settings, fault }) => {
        // Three faults are made for charges. Here, a stale error is not kept, and a late landing is at once.
        if (fault === 'stale_error') return answer(500, failureBody(key));
        const result = await context.ledger.operate({ kind, key, chargeId, amount, nowMs: context.now() });
        if (result.kind === 'refused') {
          const { status, message } = ERRORS[result.error];
          return answer(
            status,
            errorBody(result.error, { key, ...(message === undefined ? {} : { message }) }),
          );
        }
        if (result.created && kind === 'refund') context.onRefunded(result.charge, settings);
        return fault === 'stale_error_after'
          ? answer(500, failureBody(key))
          : answer(200, operationBody(result.operation));
      },
    );
}
