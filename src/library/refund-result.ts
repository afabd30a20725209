/** Turns the engine's answer about a refund into a result whose `outcome` cannot be misread. */
import type { RefundFailure } from '../domain/problems.ts';
import type { RefundStatus } from '../domain/refund.ts';
import type { FrozenAnswer } from '../engine/answer.ts';
import type { RefundAnswer } from '../engine/api.ts';
import { RETRY_AFTER_MS } from '../engine/retry-after.ts';
import { problemOutcome, unsettledOutcome } from './outcome.ts';
import type { NotRefunded, RefundAccepted, Refunded, RefundResult, SettledRefund } from './refund-api.ts';

/** `accountId`: a frozen answer lacks it. */
export function toRefundResult(answer: RefundAnswer, accountId: string): RefundResult {
  switch (answer.kind) {
    case 'settled':
      return settled(answer, accountId);
    case 'accepted':
      return accepted(answer);
    case 'unsettled':
      return unsettled(answer);
    case 'problem':
      return problem(answer);
  }
}

/** The fields of a frozen answer, written by `engine/refunding/answer.ts`, that are used here. */
interface FrozenBody {
  readonly refund_id: string;
  readonly payment_id: string;
  readonly amount: number;
  /** Only if it is another amount. */
  readonly amount_refunded?: number;
  readonly currency: string;
  readonly reason: string | null;
  readonly failure_code: string | null;
  readonly gateway_ref: string | null;
  readonly safe_to_retry_with_new_key: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly updated_at: string;
  /** The refund's status if it succeeded, else the problem's HTTP status. */
  readonly status: unknown;
  readonly refund_status?: RefundStatus;
  readonly detail?: string;
}

/** The answer as it was frozen, so that a key always gets the same one. */
function settled(
  { frozen, started, replayed }: Extract<RefundAnswer, { kind: 'settled' }>,
  accountId: string,
): Refunded | NotRefunded {
  const body = JSON.parse(frozen.body) as FrozenBody;
  const refund = settledRefund(body, accountId);
  if (frozen.problem === null && body.status === 'SUCCEEDED')
    return { outcome: 'refunded', refund: { ...refund, status: 'SUCCEEDED' }, started, replayed };
  const code = failureOf(frozen);
  if (code === null || body.refund_status !== 'FAILED') throw contradiction();
  return {
    outcome: code === 'refund_declined' ? 'declined' : 'failed',
    refund: { ...refund, status: 'FAILED' },
    code,
    detail: body.detail ?? '',
    safeToRetryWithNewKey: body.safe_to_retry_with_new_key,
    started,
    replayed,
  };
}

/** Null: no refund fails like this. */
function failureOf({ problem }: FrozenAnswer): RefundFailure | null {
  return problem !== null && FAILURES.has(problem) ? (problem as RefundFailure) : null;
}

const FAILURES: ReadonlySet<string> = new Set<RefundFailure>([
  'refund_declined',
  'gateway_failed',
  'refund_exceeds_captured',
  'earlier_refund_found',
]);

function contradiction(): Error {
  return new Error(
    'The answer about this refund contradicts itself: it does not fit the status of the refund. Nothing was sent for this call. Read the refund to learn its status.',
  );
}

function settledRefund(body: FrozenBody, accountId: string): SettledRefund {
  return {
    refundId: body.refund_id,
    paymentId: body.payment_id,
    accountId,
    amountMinor: body.amount,
    refundedMinor: body.amount_refunded ?? null,
    currency: body.currency,
    reason: body.reason,
    metadata: body.metadata,
    failureCode: body.failure_code,
    gatewayRef: body.gateway_ref,
    createdAtMs: Date.parse(body.created_at),
    updatedAtMs: Date.parse(body.updated_at),
  };
}

function accepted({
  shown: refund,
  started,
  replayed,
}: Extract<RefundAnswer, { kind: 'accepted' }>): RefundAccepted {
  if (refund.status !== 'PENDING') throw contradiction();
  const retryAfterMs = refund.retryAfterMs ?? RETRY_AFTER_MS;
  return { outcome: 'accepted', refund: { ...refund, status: 'PENDING' }, retryAfterMs, started, replayed };
}

function unsettled({ shown: refund, ...told }: Extract<RefundAnswer, { kind: 'unsettled' }>): RefundResult {
  return { ...unsettledOutcome(refund, told), refund };
}

function problem({ shown, ...told }: Extract<RefundAnswer, { kind: 'problem' }>): RefundResult {
  const outcome = problemOutcome(told);
  if (outcome.outcome === 'pending') return { ...outcome, refund: null };
  return { ...outcome, refund: shown ?? null };
}
