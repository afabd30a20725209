/** Turns the engine's answer into a result whose `outcome` cannot be misread. */
import type { PaymentStatus } from '../domain/payment.ts';
import type { ChargeFailure } from '../domain/problems.ts';
import type { FrozenAnswer } from '../engine/answer.ts';
import type { ChargeAnswer } from '../engine/api.ts';
import type { Authorized, ChargeResult, NotPaid, Paid, Released, SettledPayment } from './api.ts';
import { problemOutcome, unsettledOutcome } from './outcome.ts';

/** What a frozen answer may lack: the account, and in an old answer the mode. */
export interface Known {
  readonly accountId: string;
  readonly livemode: boolean;
}

export function toResult(answer: ChargeAnswer, known: Known): ChargeResult {
  switch (answer.kind) {
    case 'settled':
      return settled(answer, known);
    case 'unsettled':
      return unsettled(answer);
    case 'problem':
      return problem(answer);
  }
}

/** The fields of a frozen answer, written by `engine/answer.ts`, that are used here. */
interface FrozenBody {
  readonly payment_id: string;
  readonly order_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly failure_code: string | null;
  readonly capture_method?: 'manual';
  readonly gateway: string;
  readonly gateway_ref: string | null;
  readonly livemode?: boolean;
  readonly safe_to_retry_with_new_key: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  /** The payment's status if it completed, else the problem's HTTP status. */
  readonly status: unknown;
  readonly payment_status?: PaymentStatus;
  readonly detail?: string;
}

/** The answer as it was frozen, so that a key always gets the same one, even if the payment has changed since. */
function settled(
  { frozen, started, replayed }: Extract<ChargeAnswer, { kind: 'settled' }>,
  known: Known,
): Paid | Authorized | Released | NotPaid {
  const body = JSON.parse(frozen.body) as FrozenBody;
  const payment = settledPayment(body, known);
  const code = failureOf(frozen);
  if (frozen.problem === null && body.status === 'COMPLETED')
    return { outcome: 'paid', payment: { ...payment, status: 'COMPLETED' }, started, replayed };
  if (frozen.problem === null && body.status === 'AUTHORIZED')
    return { outcome: 'authorized', payment: { ...payment, status: 'AUTHORIZED' }, started, replayed };
  if (frozen.problem === null && body.status === 'VOIDED')
    return { outcome: 'released', payment: { ...payment, status: 'VOIDED' }, started, replayed };
  if (code === null || body.payment_status !== 'FAILED')
    throw new Error(
      'The stored answer of this order contradicts itself: its code does not fit its status. Nothing was sent for this call. Read the payment to learn its status.',
    );
  return {
    outcome: code === 'card_declined' ? 'declined' : 'failed',
    payment: { ...payment, status: 'FAILED' },
    code,
    detail: body.detail ?? '',
    safeToRetryWithNewKey: body.safe_to_retry_with_new_key,
    started,
    replayed,
  };
}

/** Null: no charge fails like this. */
function failureOf({ problem }: FrozenAnswer): ChargeFailure | null {
  return problem === 'card_declined' || problem === 'gateway_failed' ? problem : null;
}

function settledPayment(body: FrozenBody, { accountId, livemode }: Known): SettledPayment {
  return {
    paymentId: body.payment_id,
    accountId,
    orderId: body.order_id,
    amountMinor: body.amount,
    currency: body.currency,
    metadata: body.metadata,
    ...(body.capture_method === undefined ? {} : { captureMethod: body.capture_method }),
    attempts: body.attempts,
    failureCode: body.failure_code,
    gateway: body.gateway,
    gatewayRef: body.gateway_ref,
    livemode: body.livemode ?? livemode,
    createdAtMs: Date.parse(body.created_at),
    updatedAtMs: Date.parse(body.updated_at),
  };
}

function unsettled({ payment, ...told }: Extract<ChargeAnswer, { kind: 'unsettled' }>): ChargeResult {
  return { ...unsettledOutcome(payment, told), payment };
}

function problem({ payment, ...told }: Extract<ChargeAnswer, { kind: 'problem' }>): ChargeResult {
  const outcome = problemOutcome(told);
  if (outcome.outcome === 'pending') return { ...outcome, payment: null };
  return { ...outcome, payment: payment ?? null };
}
