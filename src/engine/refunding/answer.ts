/** A refund as the API shows it, and the one answer of a refund that has ended. */
import { type FailureProblem, PROBLEMS, type ProblemCode, problemType } from '../../domain/problems.ts';
import type { Refund } from '../../domain/refund.ts';
import { BY_OPERATOR } from '../../domain/transition/index.ts';

/**
 * Whether the money may be refunded again, as another refund with a name of its own: this one failed, no evidence contradicts that, and no
 * earlier refund may have given the same money back.
 */
function isSafeToRetry({ status, inDoubt, failureCode }: Refund): boolean {
  return status === 'FAILED' && !inDoubt && failureCode !== EARLIER_FOUND;
}

const EARLIER_FOUND = 'earlier_refund_found' satisfies FailureProblem;

/** The fields of a refund as the API shows them, in their documented order. */
export function refundFields(refund: Refund): Record<string, unknown> {
  return {
    refund_id: refund.refundId,
    payment_id: refund.paymentId,
    amount: refund.amountMinor,
    ...(refund.refundedMinor === null ? {} : { amount_refunded: refund.refundedMinor }),
    currency: refund.currency,
    status: refund.status,
    reason: refund.reason,
    failure_code: refund.failureCode,
    gateway_ref: refund.gatewayRef,
    safe_to_retry_with_new_key: isSafeToRetry(refund),
    ...(refund.retryAfterMs === null ? {} : unsettledFields(refund)),
    metadata: refund.metadata,
    created_at: new Date(refund.createdAtMs).toISOString(),
    updated_at: new Date(refund.updatedAtMs).toISOString(),
  };
}

function unsettledFields({ retryAfterMs, nextAttemptAtMs }: Refund): Record<string, unknown> {
  const nextAttemptAt = nextAttemptAtMs === null ? null : new Date(nextAttemptAtMs).toISOString();
  return { retry_after_ms: retryAfterMs, next_attempt_at: nextAttemptAt };
}

/**
 * A problem document (RFC 9457) about a refund, as plain fields. The refund's state goes under `refund_status`, because `status` is the
 * HTTP status there.
 */
export function refundProblemFields(
  code: ProblemCode,
  detail: string,
  refund: Refund,
): Record<string, unknown> {
  const { status, title } = PROBLEMS[code];
  const { status: refundStatus, ...fields } = refundFields(refund);
  return {
    type: problemType(code),
    title,
    status,
    code,
    detail,
    ...fields,
    refund_status: refundStatus,
  };
}

/** The answer about a refund that ended with `problem`; null: it succeeded. It is frozen when the refund ends for the first time. */
export function refundAnswerBody(refund: Refund, problem: FailureProblem | null): string {
  if (problem === null) return JSON.stringify(refundFields(refund));
  const { happened, next } = refund.failureCode === BY_OPERATOR ? STATED : sentencesOf(problem);
  const detail = `${happened} ${refund.inDoubt ? IN_DOUBT : next}`;
  return JSON.stringify(refundProblemFields(problem, detail, refund));
}

const TRY_AGAIN =
  'The money may be refunded again, as a new refund: with another refund_id, or with a new Idempotency-Key and no refund_id.';
const IN_DOUBT =
  'Evidence about its money came in since and is being checked. Do not refund the money again yet.';

const STATED = {
  happened:
    'An operator has stated that this refund gave nothing back, and the gateway has shown nothing else. Before the money is refunded again, it is looked up once more, if the gateway has lookups.',
  next: TRY_AGAIN,
};

function sentencesOf(problem: FailureProblem): { readonly happened: string; readonly next: string } {
  switch (problem) {
    case 'gateway_failed':
      return {
        happened: 'The gateway failed, and it is proved that this refund gave nothing back.',
        next: TRY_AGAIN,
      };
    case 'refund_exceeds_captured':
      return {
        happened:
          'The gateway shows other refunds of this payment, so less is left than this refund asks for. This refund gave nothing back.',
        next: 'Read the payment, and refund no more than what is left, as a new refund.',
      };
    case 'earlier_refund_found':
      return {
        happened:
          'An earlier refund of this payment counted as failed, and the gateway has it after all. So this one was not sent: it may be for the same money.',
        next: 'Read the refunds of the payment. If this money is to go back too, ask for it as a new refund, with another refund_id.',
      };
    default:
      return {
        happened: 'The gateway declined the refund. This refund gave nothing back.',
        next: TRY_AGAIN,
      };
  }
}
