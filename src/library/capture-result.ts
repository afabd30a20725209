/** Turns the engine's answer about a capture or a void into a result whose `outcome` cannot be misread. */
import type { ExclusiveKind } from '../domain/effects.ts';
import type { FollowUpStatus } from '../domain/follow-up-status.ts';
import type { ExclusiveFailure } from '../domain/problems.ts';
import type { FrozenAnswer } from '../engine/answer.ts';
import type { ExclusiveAnswer } from '../engine/api.ts';
import type {
  CaptureResult,
  NotDone,
  OperationInReview,
  OperationPending,
  OperationRefused,
  SettledCapture,
  VoidResult,
} from './capture-api.ts';
import { problemOutcome, unsettledOutcome } from './outcome.ts';

/** `accountId`: a frozen answer lacks it. */
export function toCaptureResult(answer: ExclusiveAnswer, accountId: string): CaptureResult {
  const result = toResult(answer, accountId);
  return result.outcome === 'done' ? { ...result, outcome: 'captured' } : result;
}

export function toVoidResult(answer: ExclusiveAnswer, accountId: string): VoidResult {
  const result = toResult(answer, accountId);
  return result.outcome === 'done' ? { ...result, outcome: 'voided' } : result;
}

interface Done {
  readonly outcome: 'done';
  readonly operation: SettledCapture & { readonly status: 'SUCCEEDED' };
  readonly started: boolean;
  readonly replayed: boolean;
}

function toResult(
  answer: ExclusiveAnswer,
  accountId: string,
): Done | NotDone | OperationPending | OperationInReview | OperationRefused {
  switch (answer.kind) {
    case 'settled':
      return settled(answer, accountId);
    case 'accepted':
      throw contradiction();
    case 'unsettled': {
      const { shown: operation, ...told } = answer;
      return { ...unsettledOutcome(operation, told), operation };
    }
    case 'problem': {
      const { shown, ...told } = answer;
      const outcome = problemOutcome(told);
      if (outcome.outcome === 'pending') return { ...outcome, operation: null };
      return { ...outcome, operation: shown ?? null };
    }
  }
}

/** The fields of a frozen answer, written by `engine/capturing/answer.ts`, that are used here. */
interface FrozenBody {
  readonly operation: ExclusiveKind;
  readonly payment_id: string;
  readonly order_id: string;
  readonly amount: number;
  /** Absent: it is `amount`. */
  readonly amount_captured?: number;
  readonly currency: string;
  readonly failure_code: string | null;
  readonly gateway_ref: string | null;
  readonly safe_to_retry_with_new_key: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly updated_at: string;
  /** Its status if it succeeded, else the problem's HTTP status. */
  readonly status: unknown;
  readonly operation_status?: FollowUpStatus;
  readonly detail?: string;
}

/** The answer as it was frozen, so that a key always gets the same one. */
function settled(
  { frozen, started, replayed }: Extract<ExclusiveAnswer, { kind: 'settled' }>,
  accountId: string,
): Done | NotDone {
  const body = JSON.parse(frozen.body) as FrozenBody;
  const operation = settledCapture(body, accountId);
  if (frozen.problem === null && body.status === 'SUCCEEDED')
    return { outcome: 'done', operation: { ...operation, status: 'SUCCEEDED' }, started, replayed };
  const code = failureOf(frozen);
  if (code === null || body.operation_status !== 'FAILED') throw contradiction();
  return {
    outcome: code === 'capture_declined' || code === 'void_declined' ? 'declined' : 'failed',
    operation: { ...operation, status: 'FAILED' },
    code,
    detail: body.detail ?? '',
    safeToRetryWithNewKey: body.safe_to_retry_with_new_key,
    started,
    replayed,
  };
}

const FAILURES: ReadonlySet<string> = new Set<ExclusiveFailure>([
  'capture_declined',
  'void_declined',
  'gateway_failed',
  'payment_not_capturable',
  'payment_not_voidable',
]);

/** Null: no capture and no void fails like this. */
function failureOf({ problem }: FrozenAnswer): ExclusiveFailure | null {
  return problem !== null && FAILURES.has(problem) ? (problem as ExclusiveFailure) : null;
}

function contradiction(): Error {
  return new Error(
    'The answer about this capture or void contradicts itself: it does not fit its status. Nothing was sent for this call. Read the payment to learn its status.',
  );
}

function settledCapture(body: FrozenBody, accountId: string): SettledCapture {
  return {
    operation: body.operation,
    paymentId: body.payment_id,
    accountId,
    orderId: body.order_id,
    amountMinor: body.amount,
    capturedMinor: body.amount_captured ?? null,
    currency: body.currency,
    metadata: body.metadata,
    failureCode: body.failure_code,
    gatewayRef: body.gateway_ref,
    createdAtMs: Date.parse(body.created_at),
    updatedAtMs: Date.parse(body.updated_at),
  };
}
