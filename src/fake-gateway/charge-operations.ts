/** `POST /charges/<id>/refunds`, `/capture`, `/void`: other effects with the same faults. */
import type { RunAttempt } from './attempts.ts';
import { errorBody, operationAnswer } from './bodies.ts';
import { type AnswerFault, delayOf, type OperationFault, operationFault, strikes } from './faults/decide.ts';
import type { FaultSettings } from './faults/settings.ts';
import { type MagicToken, operationToken } from './faults/tokens.ts';
import type { BookedOperation, Charge, Ledger, NewOperation, OperationError } from './ledger/port.ts';
import { answer, DROP, type Wire } from './wire.ts';

const ERRORS: Readonly<Record<OperationError, { readonly status: number; readonly message?: string }>> = {
  charge_not_found: { status: 404, message: 'There is no charge with this id.' },
  key_reused: { status: 422 },
  in_progress: { status: 409 },
  charge_not_succeeded: {
    status: 409,
    message: 'Only a charge that succeeded can be refunded, captured or voided.',
  },
  amount_too_large: { status: 422, message: 'The amount is more than what is left of the charge.' },
  operation_under_way: { status: 409, message: 'Another capture or void of the charge is under way.' },
  already_captured: { status: 409, message: 'The charge is already captured.' },
  not_captured: { status: 409, message: 'Nothing of the charge is captured, so nothing can be refunded.' },
};

export type OperationParams = Pick<NewOperation, 'kind' | 'key' | 'chargeId' | 'asked'>;

export interface OperationsContext {
  readonly ledger: Ledger;
  readonly run: RunAttempt;
  readonly now: () => number;
  /** Called for every new operation, also for one that takes effect later. */
  readonly onBooked: (operation: BookedOperation, charge: Charge, settings: FaultSettings) => void;
}

export function createOperations({
  ledger,
  run,
  now,
  onBooked,
}: OperationsContext): (params: OperationParams) => Promise<Wire> {
  /** What the charge's method does to this operation; null: the rates apply. */
  async function magicOf({ kind, chargeId }: OperationParams): Promise<MagicToken | null> {
    return operationToken(kind, (await ledger.byId(chargeId))?.method ?? null);
  }

  return async (params) => {
    const magic = await magicOf(params);
    return run(
      { key: subjectOf(params), idempotencyKey: params.key, magic, numbered: () => false },
      async ({ settings, fault }) => {
        const nowMs = now();
        const result = await ledger.operate(newOperation(params, magic, settings, fault, nowMs), nowMs);
        if (result.kind === 'refused') return refusal(result.error, params.key);
        if (result.kind === 'landing' || result.created) onBooked(result.operation, result.charge, settings);
        if (result.kind === 'landing') return DROP;
        return answer(result.operation.answer, operationAnswer(result.charge, result.operation));
      },
    );
  };
}

/** The kind before the key keeps the keys of operations apart from those of charges. */
export function subjectOf({ kind, key }: Pick<NewOperation, 'kind' | 'key'>): string {
  return `${kind} ${key}`;
}

function refusal(error: OperationError, key: string): Wire {
  const { status, message } = ERRORS[error];
  return answer(status, errorBody(error, { key, ...(message === undefined ? {} : { message }) }));
}

function newOperation(
  params: OperationParams,
  magic: MagicToken | null,
  settings: FaultSettings,
  fault: AnswerFault | null,
  nowMs: number,
): NewOperation {
  const subject = subjectOf(params);
  const booking = operationFault(settings, params.kind, subject, magic);
  const createdMs = fault === 'lands_late' ? nowMs + delayOf(settings, fault) : nowMs;
  const isStale = fault === 'stale_error' || fault === 'stale_error_after';
  const { outcome, settleTo } = endingOf(fault === 'stale_error' ? 'stale_error' : booking);
  return {
    ...params,
    wrongAmount: booking === 'refund_wrong_amount' || booking === 'capture_wrong_amount',
    outcome,
    answer: isStale ? 500 : ANSWERS[outcome],
    createdMs,
    visibleMs:
      createdMs + (strikes(settings, 'lookup_lag', subject, magic) ? delayOf(settings, 'lookup_lag') : 0),
    settleMs: settleTo === null || booking === null ? null : createdMs + delayOf(settings, booking),
    settleTo,
  };
}

const ANSWERS = { succeeded: 200, pending: 202, failed: 402, none: 500 } as const;

/** How a refund, a capture or a void with this fault ends. */
export function endingOf(
  fault: OperationFault | 'stale_error' | null,
): Pick<NewOperation, 'outcome' | 'settleTo'> {
  switch (fault) {
    case 'stale_error':
      return { outcome: 'none', settleTo: null };
    case 'refund_declined':
    case 'capture_declined':
    case 'void_declined':
      return { outcome: 'failed', settleTo: null };
    case 'refund_pending':
    case 'capture_pending':
    case 'void_pending':
      return { outcome: 'pending', settleTo: 'succeeded' };
    case 'refund_pending_failed':
    case 'capture_pending_failed':
    case 'void_pending_failed':
      return { outcome: 'pending', settleTo: 'failed' };
    case 'refund_fails_later':
      return { outcome: 'succeeded', settleTo: 'failed' };
    default:
      return { outcome: 'succeeded', settleTo: null };
  }
}
