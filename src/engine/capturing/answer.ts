/** A capture or a void as the API shows it, and the one answer of one that has ended. */
import type { CaptureOrVoid } from '../../domain/capture-or-void.ts';
import { type FailureProblem, PROBLEMS, type ProblemCode, problemType } from '../../domain/problems.ts';
import { BY_OPERATOR } from '../../domain/transition/index.ts';

/** The fields of a capture or a void as the API shows them, in their documented order. */
export function exclusiveFields(shown: CaptureOrVoid): Record<string, unknown> {
  return {
    operation: shown.operation,
    payment_id: shown.paymentId,
    order_id: shown.orderId,
    amount: shown.amountMinor,
    ...(shown.capturedMinor === null ? {} : { amount_captured: shown.capturedMinor }),
    currency: shown.currency,
    status: shown.status,
    failure_code: shown.failureCode,
    gateway_ref: shown.gatewayRef,
    safe_to_retry_with_new_key: shown.status === 'FAILED' && !shown.inDoubt,
    ...(shown.retryAfterMs === null ? {} : unsettledFields(shown)),
    metadata: shown.metadata,
    created_at: new Date(shown.createdAtMs).toISOString(),
    updated_at: new Date(shown.updatedAtMs).toISOString(),
  };
}

function unsettledFields({ retryAfterMs, nextAttemptAtMs }: CaptureOrVoid): Record<string, unknown> {
  const nextAttemptAt = nextAttemptAtMs === null ? null : new Date(nextAttemptAtMs).toISOString();
  return { retry_after_ms: retryAfterMs, next_attempt_at: nextAttemptAt };
}

/**
 * A problem document (RFC 9457) about a capture or a void, as plain fields. Its state goes under `operation_status`, because `status` is the
 * HTTP status there.
 */
export function exclusiveProblemFields(
  code: ProblemCode,
  detail: string,
  shown: CaptureOrVoid,
): Record<string, unknown> {
  const { status, title } = PROBLEMS[code];
  const { status: operationStatus, ...fields } = exclusiveFields(shown);
  return {
    type: problemType(code),
    title,
    status,
    code,
    detail,
    ...fields,
    operation_status: operationStatus,
  };
}

/** The answer about one that ended with `problem`; null: it succeeded. It is frozen when it ends for the first time. */
export function exclusiveAnswerBody(shown: CaptureOrVoid, problem: FailureProblem | null): string {
  if (problem === null) return JSON.stringify(exclusiveFields(shown));
  const detail = `${happened(shown, problem)} ${shown.inDoubt ? IN_DOUBT : NEXT}`;
  return JSON.stringify(exclusiveProblemFields(problem, detail, shown));
}

const IN_DOUBT = 'Evidence about it came in since and is being checked. Do not ask for it again yet.';
const NEXT =
  'Read the payment. If it is still AUTHORIZED, it can be captured or voided, with a new Idempotency-Key.';

function happened({ operation, failureCode }: CaptureOrVoid, problem: FailureProblem): string {
  const nothing = operation === 'capture' ? 'Nothing was captured by it' : 'Nothing was voided by it';
  if (failureCode === BY_OPERATOR)
    return `An operator has stated that this ${operation} changed nothing, and the gateway has shown nothing else. It is looked up once more before another one is sent.`;
  switch (problem) {
    case 'gateway_failed':
      return `The gateway failed, and it is proved that this ${operation} changed nothing.`;
    case 'payment_not_capturable':
    case 'payment_not_voidable':
      return 'An earlier capture or void of this payment counted as failed, and the gateway has it after all. So this one was not sent.';
    default:
      return `The gateway declined the ${operation}. ${nothing}.`;
  }
}
