import { isSettled } from '../domain/operation.ts';
import type { Payment } from '../domain/payment.ts';
import {
  type ChargeFailure,
  type FailureProblem,
  PROBLEMS,
  type ProblemCode,
  problemType,
} from '../domain/problems.ts';
import { ACTION_EXPIRED, BY_OPERATOR } from '../domain/transition/index.ts';
import type { PaymentRecord } from '../ports/store.ts';
import { retryAfterMs } from './retry-after.ts';

/**
 * The one answer of a settled operation, written in the statement that settles it and repeated byte for byte
 * to every key bound to it.
 */
export interface FrozenAnswer {
  /** Null: completed. Otherwise the problem whose status the answer has. */
  readonly problem: FailureProblem | null;
  /** UTF-8 JSON. */
  readonly body: string;
}

/** The answer about a charge that ended with `problem`. */
export function answerBody(payment: Payment, problem: FailureProblem | null): string {
  if (problem === null) return JSON.stringify(paymentFields(payment));
  // A charge fails in these two ways only.
  const failure = problem as ChargeFailure;
  const happened = HAPPENED_OTHERWISE[payment.failureCode ?? ''] ?? HAPPENED[failure];
  const next = isSafeToRetry(payment) ? NEXT[failure] : IN_DOUBT;
  return JSON.stringify(problemFields(problem, `${happened} ${next}`, payment));
}

const HAPPENED: Readonly<Record<ChargeFailure, string>> = {
  card_declined: 'The gateway declined the charge. Nothing was charged.',
  gateway_failed: 'The gateway failed, and it is proved that nothing was charged.',
};
/** By failure code. */
const HAPPENED_OTHERWISE: Readonly<Record<string, string>> = {
  refunded:
    'The charge was refunded or voided at the gateway, so nothing is charged any more, and the order is not paid.',
  [ACTION_EXPIRED]: 'The customer did not do in time what the gateway asked for. Nothing was charged.',
  [BY_OPERATOR]:
    'An operator has stated that nothing was charged, and the gateway has shown nothing else. Before the order is charged again, it is looked up once more, if the gateway has lookups.',
};

const NEXT: Readonly<Record<ChargeFailure, string>> = {
  card_declined: 'Another method may be tried with a new Idempotency-Key.',
  gateway_failed: 'The order may be tried again with a new Idempotency-Key.',
};
const IN_DOUBT = 'Evidence about its money came in since and is being checked. Do not try it again yet.';

/** Whether a new key may charge the order again: it failed, and no evidence contradicts that. */
export function isSafeToRetry({ status, inDoubt }: Payment): boolean {
  return status === 'FAILED' && !inDoubt;
}

/**
 * Problems after which a new key may be tried, if the payment allows it. After any other, a new key would get the
 * same problem, or a worse one.
 */
const MAY_RETRY: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'card_declined',
  'gateway_failed',
  'order_conflict',
  'result_expired',
]);

/** The name of the adapter for the service's own fake gateway. */
const FAKE_GATEWAY = 'fake';

/**
 * A stored payment as the outside may see it. `livemode` is the engine's, because a database holds payments of one
 * mode. An older database may hold both: there, what the fake gateway approved is still not real money.
 */
export function toPayment(record: PaymentRecord, livemode: boolean): Payment {
  const { order, operation } = record;
  return {
    paymentId: record.paymentId,
    accountId: order.accountId,
    orderId: order.orderId,
    amountMinor: order.amountMinor,
    currency: order.currency,
    metadata: order.metadata,
    status: operation.status,
    ...(order.captureMethod === undefined ? {} : { captureMethod: order.captureMethod }),
    attempts: operation.attempts,
    failureCode: operation.failureCode,
    gateway: record.gateway,
    livemode: livemode && record.gateway !== FAKE_GATEWAY,
    gatewayRef: operation.gatewayRef,
    chargeN: operation.n,
    inDoubt: record.evidence > 0,
    retryAfterMs: isSettled(operation.status) ? null : retryAfterMs(record),
    nextAttemptAtMs: isSettled(operation.status) || record.held ? null : record.dueAtMs,
    // It is no part of the record: see `showPaymentNow`.
    nextAction: null,
    seq: record.seq,
    createdAtMs: record.createdAtMs,
    updatedAtMs: record.updatedAtMs,
  };
}

/** The fields of a payment as the API shows them, in their documented order. */
export function paymentFields(payment: Payment): Record<string, unknown> {
  return {
    payment_id: payment.paymentId,
    order_id: payment.orderId,
    amount: payment.amountMinor,
    currency: payment.currency,
    status: payment.status,
    ...(payment.captureMethod === undefined ? {} : { capture_method: payment.captureMethod }),
    attempts: payment.attempts,
    failure_code: payment.failureCode,
    gateway: payment.gateway,
    livemode: payment.livemode,
    gateway_ref: payment.gatewayRef,
    safe_to_retry_with_new_key: isSafeToRetry(payment),
    ...(payment.retryAfterMs === null ? {} : unsettledFields(payment)),
    ...(payment.nextAction === null ? {} : { next_action: payment.nextAction }),
    metadata: payment.metadata,
    created_at: new Date(payment.createdAtMs).toISOString(),
    updated_at: new Date(payment.updatedAtMs).toISOString(),
  };
}

function unsettledFields({ retryAfterMs, nextAttemptAtMs }: Payment): Record<string, unknown> {
  const nextAttemptAt = nextAttemptAtMs === null ? null : new Date(nextAttemptAtMs).toISOString();
  return { retry_after_ms: retryAfterMs, next_attempt_at: nextAttemptAt };
}

/**
 * A problem document (RFC 9457) as plain fields. One about a payment carries the payment's fields too; its
 * state goes under `payment_status`, because `status` is the HTTP status there (RFC 9457 §3.1.2).
 */
export function problemFields(code: ProblemCode, detail: string, payment?: Payment): Record<string, unknown> {
  const { status, title } = PROBLEMS[code];
  const problem = { type: problemType(code), title, status, code, detail };
  if (payment === undefined) return problem;
  const { status: paymentStatus, ...fields } = paymentFields(payment);
  const safe = MAY_RETRY.has(code) && isSafeToRetry(payment);
  return { ...problem, ...fields, safe_to_retry_with_new_key: safe, payment_status: paymentStatus };
}
